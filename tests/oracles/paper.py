"""Reads PDFs as others read them.

Usage: paper.py FILE... Prints one JSON line a file: {"file", "pages", "text", "first_lines": [the text of each page],
"attached": {name: text}, "conformance": what its metadata claims, "fonts_outside": fonts that are not inside}. The reader is
pypdf (strict), which comes with the package factur-x.
"""

import json
import os
import sys

import pypdf


def fonts_outside(page):
    fonts = page.get("/Resources", {}).get("/Font", {})
    outside = []
    for name in fonts:
        font = fonts[name].get_object()
        for one in font.get("/DescendantFonts", [font]):
            one = one.get_object()
            descriptor = one.get("/FontDescriptor", {}).get_object() if "/FontDescriptor" in one else {}
            if not any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3")):
                outside.append(str(one.get("/BaseFont", name)))
    return outside


def main():
    for path in sys.argv[1:]:
        reader = pypdf.PdfReader(path, strict=True)
        pages = [page.extract_text() for page in reader.pages]
        metadata = reader.trailer["/Root"]["/Metadata"].get_object().get_data().decode()
        part = "pdfaid:part>3<" in metadata and "pdfaid:conformance>B<" in metadata
        print(json.dumps({
            "file": os.path.basename(path),
            "pages": pages,
            "attached": {name: contents[0].decode() for name, contents in reader.attachments.items()},
            "is_pdf_a_3b": part,
            "fonts_outside": sorted({font for page in reader.pages for font in fonts_outside(page)}),
        }))


main()
