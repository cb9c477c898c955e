//! What else is inside: a line a section, after the lead. They lead to the stories themselves,
//! not to anchors in the mail, which several phones do not follow.

use maud::{Markup, html};

use crate::story::linked;
use crate::theme::{INK, INSIDE, LABEL, RULE, display_fonts};
use crate::view::{Contents, Language};

pub(crate) fn render(contents: &Contents, language: &Language, accent: &str) -> Markup {
    html! {
        tr {
            td class="gutter" style="padding:0 32px" {
                table class="d-rule" role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style={ "border-top:1px solid " (RULE) } {
                    tr {
                        td style="padding:18px 0 0" {
                            h2 class="d-ink" style={ "margin:0 0 8px;font-family:" (display_fonts(language)) ";" (LABEL.of(language)) ";font-weight:bold;color:" (INK) } { (contents.heading) }
                            @for item in &contents.items {
                                p dir="auto" style={ "margin:0 0 8px;" (INSIDE.of(language)) } {
                                    @if let Some(section) = &item.section {
                                        span class="d-acc" style={ "font-weight:bold;color:" (accent) } { (section) } "\u{a0} "
                                    }
                                    (linked(&item.headline, INK, "d-ink", false))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
