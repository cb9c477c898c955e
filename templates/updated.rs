//! What changed after it was mailed: a short list under the stories.

use maud::{Markup, html};

use crate::story::linked;
use crate::theme::{INK, META};
use crate::view::Updated;

pub(crate) fn render(updated: &Updated) -> Markup {
    html! {
        tr {
            td class="gutter" style="padding:24px 32px 0" {
                table class="d-heavy" role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style={ "border-top:2px solid " (INK) } {
                    tr {
                        td style="padding:12px 0 0" {
                            h2 class="d-mut" style={ "margin:0 0 6px;font-size:14px;line-height:20px;font-weight:bold;color:" (META) } { (updated.heading) }
                            ul style="margin:0;padding:0 0 0 18px" {
                                @for item in &updated.items {
                                    li class="d-mut" style={ "margin:0 0 4px;font-size:14px;line-height:22px;color:" (META) } {
                                        (linked(&item.headline, INK, "d-ink", true)) " "
                                        span dir="auto" { (item.note) }
                                        " · " (item.outlet)
                                    }
                                }
                            }
                            @if let Some(more) = &updated.more {
                                p class="d-mut" style={ "margin:6px 0 0;font-size:13px;line-height:20px;color:" (META) } { (more) }
                            }
                        }
                    }
                }
            }
        }
    }
}
