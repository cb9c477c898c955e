//! The foot of the sheet: what did not fit, why the reader gets this, who sends it.

use maud::{Markup, html};

use crate::story::linked;
use crate::theme::{META, RULE};
use crate::view::Digest;

pub(crate) fn render(digest: &Digest) -> Markup {
    let line = |text: &str| {
        html! { p class="d-mut" dir="auto" style={ "margin:0 0 8px;font-size:13px;line-height:21px;color:" (META) } { (text) } }
    };
    html! {
        @if let Some(left_out) = &digest.left_out {
            tr {
                td class="gutter" style="padding:16px 32px 0" {
                    (line(left_out))
                    @if let Some(web_edition) = &digest.web_edition {
                        p style="margin:0 0 8px;font-size:13px;line-height:21px" { (linked(web_edition, META, "d-mut", true)) }
                    }
                }
            }
        }
        tr {
            td class="gutter" style="padding:18px 32px 32px" {
                table class="d-rule" role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style={ "border-top:1px solid " (RULE) } {
                    tr { td style="padding:18px 0 0" {
                        @if let Some(note) = &digest.footer.note { (line(note)) }
                        (line(&digest.footer.why))
                        p style="margin:0 0 8px;font-size:13px;line-height:21px" { (linked(&digest.footer.unsubscribe, META, "d-mut", true)) }
                        (line(&digest.footer.sender)) } }
                }
            }
        }
    }
}
