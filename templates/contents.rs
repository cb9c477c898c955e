//! What else is inside: a line a section, after the lead. They lead to the stories themselves,
//! not to anchors in the mail, which several phones do not follow.

use maud::{Markup, html};

use crate::theme::{INK, INSIDE, LABEL, RULE, display_fonts};
use crate::view::{Contents, Inside, Language};

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
                                    (line(item, accent))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// One link from end to end: words beside a link that is not underlined would hide it.
fn line(item: &Inside, accent: &str) -> Markup {
    let Inside { section, headline } = item;
    let words = html! {
        @if let Some(section) = section {
            span class="d-acc" style={ "font-weight:bold;color:" (accent) } { (section) } "\u{a0} "
        }
        span class="d-ink" lang=[headline.language.as_ref().map(|l| &l.tag)] dir="auto" style={ "color:" (INK) } { (headline.title) }
    };
    html! {
        @match &headline.link {
            Some(link) => { a class="d-ink" href=(link) style={ "color:" (INK) ";text-decoration:none" } { (words) } }
            None => { (words) }
        }
    }
}
