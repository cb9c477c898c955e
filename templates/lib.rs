//! The parts of a tidings mail, as pure functions from plain view structs to HTML and text.
//!
//! A template cannot query, fetch or read a configuration, because it cannot name them:
//! this crate depends on maud alone. [`view`] is all it knows. Each file below is one part
//! of the mail; [`digest`] puts them together, [`text`] is the same mail as plain text.
//!
//! Mail clients decide how this is written. Every visible style is inline, since some strip
//! `<style>`; layout is tables, since Outlook lays out with Word; padding stands on cells
//! only and margins on paragraphs, for the same reason; [`theme`]'s `<style>` only refines.

#![recursion_limit = "256"]

pub mod archive;
mod article;
pub mod book;
mod briefing;
mod contents;
pub mod digest;
mod footer;
mod masthead;
pub mod page;
mod safe;
mod section;
mod story;
mod table;
pub mod text;
mod theme;
mod updated;
pub mod view;

pub use safe::{SafeHtml, SafeXhtml};
