//! At a glance: the day's titles, numbered. They lead to the stories themselves, not to
//! anchors in the mail, which several phones do not follow.

use maud::{Markup, html};

use crate::theme::{INK, META, TINT, line_height};
use crate::view::{Contents, Language};

pub(crate) fn render(contents: &Contents, language: &Language, accent: &str) -> Markup {
    let line = line_height(language, 23, 25);
    // Numbers stand where lines begin.
    let (start, end, before, after) =
        if language.right_to_left { ("0", "20px", "20px", "6px") } else { ("20px", "0", "6px", "20px") };
    html! {
        tr {
            td class="gutter" style="padding:16px 32px 0" {
                table class="d-tint" role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style={ "background-color:" (TINT) ";border-radius:6px" } {
                    tr {
                        td colspan="2" style="padding:16px 20px 4px" {
                            h2 class="d-mut" style={ "margin:0;font-size:13px;line-height:20px;font-weight:bold;color:" (META) } { (contents.heading) }
                        }
                    }
                    @for (i, item) in contents.items.iter().enumerate() {
                        @let last = i + 1 == contents.items.len();
                        tr {
                            td class="d-acc" width="26" valign="top" style={ "padding:4px " (end) " " (if last { 16 } else { 0 }) "px " (start) ";font-size:15px;line-height:" (line) "px;font-weight:bold;color:" (accent) } { (i + 1) }
                            td valign="top" style={ "padding:4px " (after) " " (if last { 16 } else { 0 }) "px " (before) ";font-size:15px;line-height:" (line) "px" } {
                                (crate::story::linked(item, INK, "d-ink", true))
                            }
                        }
                    }
                }
            }
        }
    }
}
