//! A section: its label, a hairline, its stories.

use maud::{Markup, html};

use crate::story;
use crate::theme::{RULE, is_cjk};
use crate::view::{Language, Section};

pub(crate) fn render(section: &Section, language: &Language, accent: &str) -> Markup {
    html! {
        @if let Some(heading) = &section.heading {
            tr {
                td class="gutter" style="padding:32px 32px 0" {
                    h2 class="d-acc" dir="auto" style={ "margin:0 0 8px;font-size:14px;line-height:20px;font-weight:bold;color:" (accent) @if !is_cjk(language) && !language.right_to_left { ";text-transform:uppercase;letter-spacing:1px" } } {
                        (heading)
                    }
                    table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" {
                        tr { td class="d-rule" style={ "border-top:1px solid " (RULE) ";line-height:2px;height:2px" } { "\u{a0}" } }
                    }
                }
            }
        } @else {
            tr { td style="line-height:16px;height:16px" { "\u{a0}" } }
        }
        @for (i, story) in section.stories.iter().enumerate() {
            (story::render(story, language, accent, story::Position { ruled: i > 0, titled: section.heading.is_some() }))
        }
    }
}
