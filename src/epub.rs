//! The container of a book for e-readers (EPUB 3.3, OCF 3.3): a ZIP file whose first member names its type,
//! and which says where the package is. What is in the book is decided elsewhere. The door to zip.

use std::io::{self, Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A book of these files, by their paths in it; the first is its package. The same files are the same bytes.
///
/// # Errors
/// When there is no memory for it.
pub fn container(files: &[(String, Vec<u8>)]) -> io::Result<Vec<u8>> {
    let package = files.first().map_or("", |(path, _)| path.as_str());
    let named = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<container version=\"1.0\" \
         xmlns=\"urn:oasis:names:tc:opendocument:xmlns:container\"><rootfiles><rootfile full-path=\"{package}\" \
         media-type=\"application/oebps-package+xml\"/></rootfiles></container>\n"
    );
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let deflated = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    zip.start_file("mimetype", stored)?;
    zip.write_all(b"application/epub+zip")?;
    zip.start_file("META-INF/container.xml", deflated)?;
    zip.write_all(named.as_bytes())?;
    for (path, bytes) in files {
        // A JPEG does not become smaller.
        zip.start_file(path.as_str(), if path.ends_with(".jpg") { stored } else { deflated })?;
        zip.write_all(bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_finds_the_type_at_its_place_and_the_same_book_is_the_same_bytes() {
        let file = |path: &str, bytes: &[u8]| (path.to_owned(), bytes.to_vec());
        let files = [file("EPUB/package.opf", b"<package/>"), file("EPUB/a.jpg", b"jpeg")];
        let book = container(&files).unwrap();
        // OCF 3.3, 4.3: at offset 38, behind a name of eight letters and no extra field.
        assert_eq!(book.get(30..58), Some(&b"mimetypeapplication/epub+zip"[..]));
        assert_eq!(container(&files).unwrap(), book);
    }
}
