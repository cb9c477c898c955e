//! A section: a heavy rule, its label, its stories.

use maud::{Markup, html};

use crate::story;
use crate::theme::{INK, LABEL, META, display_fonts};
use crate::view::{Language, Section, Story};

/// `stories` are those that are not shown above it.
pub(crate) fn render(section: &Section, stories: &[Story], language: &Language, accent: &str) -> Markup {
    let (start, end) = if language.right_to_left { ("right", "left") } else { ("left", "right") };
    html! {
        tr {
            td class="gutter" style={ "padding:" (if section.heading.is_some() { 32 } else { 24 }) "px 32px 0" } {
                @if let Some(heading) = &section.heading {
                    table class="d-heavy" role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style={ "border-top:2px solid " (INK) } {
                        tr {
                            td align=(start) valign="bottom" style="padding:12px 0 4px" {
                                h2 class="d-acc" dir="auto" style={ "margin:0;font-family:" (display_fonts(language)) ";" (LABEL.of(language)) ";font-weight:bold;color:" (accent) } { (heading) }
                            }
                            @if let Some(outlet) = &section.outlet {
                                td class="d-mut" align=(end) valign="bottom" dir="auto" style={ "padding:12px 0 6px;font-size:13px;line-height:20px;color:" (META) } { (outlet) }
                            }
                        }
                    }
                } @else {
                    table class="d-heavy" role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style={ "border-top:2px solid " (INK) } {
                        tr { td style="height:2px;line-height:2px;font-size:2px" { "\u{a0}" } }
                    }
                }
            }
        }
        @for (i, story) in stories.iter().enumerate() {
            (story::render(story, language, accent, story::Position { ruled: i > 0, titled: section.heading.is_some() }))
        }
    }
}
