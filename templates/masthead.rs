//! The head of the sheet: edition and date, title, what is inside, and the accent rule.

use maud::{Markup, html};

use crate::digest::parts;
use crate::story::linked;
use crate::theme::{INK, META, SUB, display_fonts};
use crate::view::Digest;

pub(crate) fn render(digest: &Digest) -> Markup {
    html! {
        tr {
            td class="gutter" style="padding:28px 32px 0" {
                p class="d-mut" style={ "margin:0 0 4px;font-size:13px;line-height:20px;color:" (META) } {
                    (parts(&digest.edition_line))
                }
                h1 class="title d-ink" dir="auto" style={ "margin:0 0 4px;font-family:" (display_fonts(&digest.language)) ";font-size:32px;line-height:40px;font-weight:bold;color:" (INK) } {
                    (digest.title)
                }
                @if let Some(tagline) = &digest.tagline {
                    p class="d-sub" dir="auto" style={ "margin:0 0 4px;font-size:15px;line-height:23px;color:" (SUB) } { (tagline) }
                }
                p class="d-mut" style={ "margin:0;font-size:13px;line-height:20px;color:" (META) } {
                    (parts(&digest.summary_line))
                    @if let Some(web_edition) = &digest.web_edition { " · " (linked(web_edition, META, "d-mut", true)) }
                }
            }
        }
        tr {
            td class="gutter" style="padding:16px 32px 0" {
                table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" {
                    tr { td class="d-accrule" style={ "border-top:3px solid " (digest.theme.accent) ";line-height:4px;height:4px" } { "\u{a0}" } }
                }
            }
        }
    }
}
