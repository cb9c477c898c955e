//! The table `edition_page`: the pages of an edition in the web.

use rusqlite::{OptionalExtension, params};

use super::{Error, Result, Store};

/// Of Zstandard's 22 levels, one that costs little more than the first.
const LEVEL: i32 = 6;

/// A page is no larger, bytes; what says that it is, is damaged.
const MOST: usize = 32 << 20;

/// The HTML of a page, compressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditionPage(Vec<u8>);

impl EditionPage {
    /// # Errors
    /// When there is no memory for it.
    pub fn new(html: &str) -> std::io::Result<Self> {
        zstd::bulk::compress(html.as_bytes(), LEVEL).map(Self)
    }

    fn html(&self) -> Option<String> {
        String::from_utf8(zstd::bulk::decompress(&self.0, MOST).ok()?).ok()
    }
}

impl Store {
    pub(super) fn insert_pages(&self, edition: i64, pages: &[EditionPage]) -> Result<()> {
        let mut insert = self
            .connection
            .prepare_cached("INSERT INTO edition_page (edition, number, html) VALUES (?1, ?2, ?3)")?;
        for (number, page) in pages.iter().enumerate() {
            insert.execute(params![edition, i64::try_from(number).unwrap_or(i64::MAX), page.0])?;
        }
        Ok(())
    }

    /// A page of the edition whose pages bear this token, by its number; 0 lists all stories.
    pub fn edition_page(&self, token: &str, number: u32) -> Result<Option<String>> {
        let mut query = self
            .connection
            .prepare_cached("SELECT html FROM edition_page WHERE edition = ?1 AND number = ?2")?;
        let Some(edition) = self.edition_of_token(token)? else { return Ok(None) };
        let page = query.query_row(params![edition, number], |r| r.get(0).map(EditionPage)).optional()?;
        page.map(|page| page.html().ok_or(Error::DamagedPage)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_as_it_was_written() {
        let html = "<p>渡轮提前一周改为冬季班次。</p>".repeat(1000);
        let page = EditionPage::new(&html).unwrap();
        assert!(page.0.len() < html.len() / 50);
        assert_eq!(page.html(), Some(html));
        assert_eq!(EditionPage(b"no page".to_vec()).html(), None);
    }
}
