//! The table `page`: the articles of web pages that were fetched.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};

use super::{Result, Store};
use crate::model::stable_link;

/// What a page was found to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRow {
    /// None when no article was found on it.
    pub html: Option<String>,
    pub image: Option<String>,
}

impl Store {
    /// What is known of the page behind a link. None when it was never fetched.
    pub fn page(&self, link: &str) -> Result<Option<PageRow>> {
        let mut query = self.connection.prepare_cached("SELECT html, image FROM page WHERE link = ?1")?;
        let row = query
            .query_row(params![stable_link(link)], |r| Ok(PageRow { html: r.get(0)?, image: r.get(1)? }))
            .optional()?;
        Ok(row)
    }

    /// Keeps the article of a web page, or that none was found on it, in place of what was kept
    /// before.
    pub fn keep_page(&self, link: &str, page: &PageRow, now: DateTime<Utc>) -> Result<()> {
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO page (link, fetched, html, image) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![stable_link(link), now.timestamp(), page.html, page.image])?;
        Ok(())
    }
}
