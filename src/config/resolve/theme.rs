//! `[theme]`

use std::path::PathBuf;
use std::sync::Arc;

use super::super::document::Table;
use super::Resolver;
use crate::model::Logo;
use crate::picture;
use crate::render::Theme;

/// What the accent stands on: the sheet, by day and by night.
const SHEET: Colour = Colour([0xff, 0xfd, 0xf9]);
const DARK_SHEET: Colour = Colour([0x17, 0x19, 0x1c]);
/// What text needs to be read by everyone (WCAG 2.2, 1.4.3).
const LEAST_CONTRAST: f64 = 4.5;
/// Gmail drops all styles beyond 16 kB, and ours take some.
const MOST_CSS: usize = 8000;
/// A picture from which a logo is made, bytes.
const MOST_LOGO: u64 = 5_000_000;

impl Resolver<'_> {
    /// The theme, and the files that it was read from.
    pub(super) fn theme(&self) -> (Theme, Vec<PathBuf>) {
        let defaults = Theme::default();
        let Some(table) = self.root.table("theme") else { return (defaults, Vec::new()) };
        let accent = table.parsed("accent", "\"#A8321E\"", |text| colour_on(text, SHEET));
        let accent_dark = table.parsed("accent_dark", "\"#FF9B85\"", |text| colour_on(text, DARK_SHEET));
        let line = |key| table.parsed(key, "\"Read it with coffee\"", super::words).map(|t| t.value);
        let (css, css_file) = self.css(&table).unzip();
        let (logo, logo_file) = self.logo(&table).unzip();
        let theme = Theme {
            accent: accent.map_or(defaults.accent, |c| c.value),
            accent_dark: accent_dark.map_or(defaults.accent_dark, |c| c.value),
            logo: logo.map(Arc::new),
            tagline: line("tagline"),
            footer: line("footer"),
            css: css.unwrap_or_default(),
        };
        (theme, css_file.into_iter().chain(logo_file).collect())
    }

    fn logo(&self, table: &Table<'_>) -> Option<(Logo, PathBuf)> {
        let file = table.parsed("logo", "\"logo.png\"", super::words)?;
        let path = self.relative(&file.value);
        let read = match std::fs::metadata(&path) {
            Ok(about) if about.len() > MOST_LOGO => {
                Err(format!("{} has {} bytes, and {MOST_LOGO} is the most", path.display(), about.len()))
            }
            // A pipe would be waited for.
            Ok(about) if !about.is_file() => Err(format!("{} is no file", path.display())),
            _ => std::fs::read(&path).map_err(|e| format!("{} cannot be read: {e}", path.display())),
        };
        let logo = read.and_then(|bytes| {
            picture::logo(&bytes, SHEET.0).map_err(|why| format!("{} is {why}", path.display()))
        });
        match logo {
            Ok(logo) => Some((logo, path)),
            Err(wrong) => {
                table.wrong(file.span, wrong, "a PNG, JPEG, GIF or WebP beside this file");
                None
            }
        }
    }

    fn css(&self, table: &Table<'_>) -> Option<(String, PathBuf)> {
        let file = table.string("css", "\"mail.css\"")?;
        let path = self.relative(file.value);
        let wrong = match std::fs::read_to_string(&path) {
            Err(e) => format!("{} cannot be read: {e}", path.display()),
            Ok(css) if css.len() > MOST_CSS => {
                format!(
                    "{} has {} bytes, and mail programs drop more than {MOST_CSS}",
                    path.display(),
                    css.len()
                )
            }
            Ok(css) => match ["<", "@import", "url(", "expression("].iter().find(|w| css.contains(**w)) {
                Some(word) => format!("{} holds `{word}`, which has no place in a mail", path.display()),
                None => return Some((css, path)),
            },
        };
        table.wrong(file.span, wrong, "a small file of plain CSS rules");
        None
    }
}

struct Colour([u8; 3]);

impl Colour {
    /// Relative luminance (WCAG 2.2).
    fn luminance(&self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        let [r, g, b] = self.0.map(linear);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    fn contrast(&self, other: &Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }
}

/// A colour that can be read on another.
fn colour_on(text: &str, ground: Colour) -> Result<String, String> {
    let not = || format!("`{text}` is no colour");
    let digits = text.strip_prefix('#').filter(|d| d.len() == 6).ok_or_else(not)?;
    let number = u32::from_str_radix(digits, 16).map_err(|_| not())?;
    let [_, r, g, b] = number.to_be_bytes();
    let contrast = Colour([r, g, b]).contrast(&ground);
    if contrast < LEAST_CONTRAST {
        return Err(format!(
            "`{text}` cannot be read on its ground: its contrast is {contrast:.1}, and {LEAST_CONTRAST} is the least"
        ));
    }
    Ok(text.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_must_be_readable_on_its_ground() {
        assert_eq!(colour_on("#a8321e", SHEET), Ok("#A8321E".into()));
        assert_eq!(colour_on("#FF9B85", DARK_SHEET), Ok("#FF9B85".into()));
        for wrong in ["red", "#fff", "#GGGGGG", "#FFCC00"] {
            assert!(colour_on(wrong, SHEET).is_err(), "{wrong}");
        }
    }
}
