//! All that the template can reach: itself, the sheet, the attachment and two fonts. Everything else is not found.

use paper::TEMPLATE;
use std::sync::LazyLock;
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

/// Latin with Vietnamese, Greek and Cyrillic (fonts/LICENSE.txt).
const FONTS: [&[u8]; 2] = [include_bytes!("../fonts/NotoSans-Regular.ttf"), include_bytes!("../fonts/NotoSans-Bold.ttf")];

/// What every print shares.
struct Shared {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    main: FileId,
    sheet: FileId,
    attached: FileId,
    template: Source,
}

static SHARED: LazyLock<Shared> = LazyLock::new(|| {
    let fonts: Vec<Font> = FONTS.into_iter().filter_map(|font| Font::new(Bytes::new(font), 0)).collect();
    let [main, sheet, attached] = ["sheet.typ", "sheet.json", "attached"].map(file);
    Shared {
        library: LazyHash::new(Library::default()),
        book: LazyHash::new(FontBook::from_fonts(&fonts)),
        template: Source::new(main, TEMPLATE.to_owned()),
        fonts,
        main,
        sheet,
        attached,
    }
});

fn file(name: &str) -> FileId {
    // A plain name is always a path.
    let path = VirtualPath::new(name).unwrap_or_else(|_| unreachable!("{name} is a name"));
    RootedPath::new(VirtualRoot::Project, path).intern()
}

/// Whether the fonts have a glyph of the character.
pub fn shows(character: char) -> bool {
    SHARED.fonts.first().is_some_and(|font| font.info().coverage.contains(character.into()))
}

/// One print.
pub struct Desk {
    sheet: Bytes,
    attached: Bytes,
}

impl Desk {
    pub fn new(sheet: Vec<u8>, attached: Vec<u8>) -> Self {
        Self { sheet: Bytes::new(sheet), attached: Bytes::new(attached) }
    }
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &SHARED.library
    }
    fn book(&self) -> &LazyHash<FontBook> {
        &SHARED.book
    }
    fn main(&self) -> FileId {
        SHARED.main
    }
    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == SHARED.main { Ok(SHARED.template.clone()) } else { Err(FileError::AccessDenied) }
    }
    fn file(&self, id: FileId) -> FileResult<Bytes> {
        match id {
            id if id == SHARED.sheet => Ok(self.sheet.clone()),
            id if id == SHARED.attached => Ok(self.attached.clone()),
            _ => Err(FileError::AccessDenied),
        }
    }
    fn font(&self, index: usize) -> Option<Font> {
        SHARED.fonts.get(index).cloned()
    }
    /// No clock (PAPER-2).
    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
