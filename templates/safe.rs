//! The doors for HTML and XHTML that are already clean.

/// HTML that its maker vouches for: sanitised, balanced, with absolute addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SafeHtml(String);

impl SafeHtml {
    /// To be called with what the article stage has cleaned, and with nothing else.
    pub fn already_clean(html: impl Into<String>) -> Self {
        Self(html.into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The same as XHTML, for books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SafeXhtml(String);

impl SafeXhtml {
    /// To be called with what was made of such HTML, and with nothing else.
    pub fn already_clean(xhtml: impl Into<String>) -> Self {
        Self(xhtml.into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}
