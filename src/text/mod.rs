//! What several stages need to know of text: how wide it is on a screen, where it may be cut,
//! how it stands in markup, and which of its characters must not reach a terminal.

/// At the beginning of a line of text that is not to be wrapped. No text of a feed holds it: control
/// characters are taken out.
pub const UNWRAPPED: &str = "\u{1f}";

mod escape;
mod han;
mod line;
mod search;
mod stop_words;
mod title;
mod width;

pub use escape::{escape_html, escape_html_attribute, escape_xml};
pub use han::{is_han, simplified, simplified_character};
pub use line::{is_bidi_control, one_line};
pub use search::{MOST_CHARACTERS, Query, search_terms};
pub use stop_words::{is_stop_word, stop_words};
pub use title::{head, page_title};
pub use width::{columns, cut, is_cjk};
