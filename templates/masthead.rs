//! The head of the sheet: date, nameplate between its rules, and what the edition holds.

use maud::{Markup, html};

use crate::digest::parts;
use crate::story::linked;
use crate::theme::{INK, META, NAMEPLATE, SUB, display_fonts, is_cjk};
use crate::view::Digest;

pub(crate) fn render(digest: &Digest) -> Markup {
    let language = &digest.language;
    let (start, end) = if language.right_to_left { ("right", "left") } else { ("left", "right") };
    let is_latin = !is_cjk(language) && !language.right_to_left;
    let tracking = match (is_cjk(language), is_latin) {
        (true, _) => ";letter-spacing:6px",
        (_, true) => ";letter-spacing:-0.8px",
        _ => "",
    };
    let small = format!("font-size:13px;line-height:20px;color:{META}");
    html! {
        tr {
            td class="gutter" style="padding:20px 32px 0" {
                table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" {
                    tr {
                        td class="d-mut" align=(start) style={ (small) ";padding:0 0 8px" } {
                            @if digest.logo.is_some() {
                                // A heading of letters, since that of a picture is none to some readers.
                                h1 class="d-mut" style={ "margin:0;font-weight:normal;" (small) } { (parts(&digest.date_line)) }
                            } @else { (parts(&digest.date_line)) }
                        }
                        @if let Some(web_edition) = &digest.web_edition {
                            td class="d-mut" align=(end) style={ (small) ";padding:0 0 8px" } { (linked(web_edition, META, "d-mut", true)) }
                        }
                    }
                }
                table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" {
                    tr { td class="d-heavy" style={ "border-top:3px solid " (INK) ";border-bottom:1px solid " (INK) ";height:2px;line-height:2px;font-size:2px" } { "\u{a0}" } }
                }
                @match &digest.logo {
                    Some(logo) => {
                        img src=(logo.url) alt=(digest.title) width=(logo.width) height=(logo.height) style={ "display:block;margin:22px auto 0;width:" (logo.width) "px;max-width:100%;height:auto;font-family:" (display_fonts(language)) ";font-size:24px;line-height:30px;font-weight:bold;color:" (INK) };
                    }
                    None => {
                        h1 class="nameplate d-ink" dir="auto" style={ "margin:22px 0 0;text-align:center;font-family:" (display_fonts(language)) ";" (NAMEPLATE.of(language)) ";font-weight:bold;color:" (INK) (tracking) } {
                            (digest.title)
                        }
                    }
                }
                @if let Some(tagline) = &digest.tagline {
                    p class="d-sub" dir="auto" style={ "margin:6px 0 0;text-align:center;font-family:" (display_fonts(language)) ";font-size:16px;line-height:24px;color:" (SUB) @if is_latin { ";font-style:italic" } } { (tagline) }
                }
                table class="d-heavy" role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style={ "margin-top:20px;border-top:1px solid " (INK) } {
                    tr { td class="d-mut" align="center" style={ (small) ";padding:8px 0 16px" } { (parts(&digest.summary_line)) } }
                }
            }
        }
    }
}
