//! Below the sheet: the other pages, what did not fit, why the reader gets this, the ways out, who sends it.

use maud::{Markup, html};

use crate::story::linked;
use crate::theme::{INK, META, display_fonts};
use crate::view::{Digest, Headline};

/// `linked_title`: whether its title leads to the page in the web, if there is one.
pub(crate) fn render(digest: &Digest, linked_title: bool) -> Markup {
    let style = format!("margin:0 0 8px;font-size:13px;line-height:21px;color:{META}");
    let page = digest.web_edition.as_ref().filter(|_| linked_title);
    let title = Headline {
        title: digest.title.clone(),
        link: page.and_then(|page| page.link.clone()),
        language: None,
    };
    let line = |text: &str| html! { p class="d-mut" dir="auto" style=(style) { (text) } };
    html! {
        tr {
            td class="gutter d-page" align="center" style="padding:24px 32px 32px;text-align:center" {
                @if !digest.pages.is_empty() { (pages(&digest.pages)) }
                @if let Some(left_out) = &digest.left_out {
                    p class="d-mut" dir="auto" style=(style) { (linked(left_out, META, "d-mut", true)) }
                }
                p class="d-ink" dir="auto" style={ "margin:0 0 8px;font-family:" (display_fonts(&digest.language)) ";font-size:18px;line-height:24px;font-weight:bold;color:" (INK) } { (linked(&title, INK, "d-ink", false)) }
                @if let Some(reason) = &digest.footer.reason { (line(&reason.why)) }
                p class="d-mut" style=(style) {
                    @if let Some(reason) = &digest.footer.reason { (linked(&reason.unsubscribe, META, "d-mut", true)) " · " }
                    @if let Some(web_edition) = &digest.web_edition { (linked(web_edition, META, "d-mut", true)) " · " }
                    (linked(&digest.footer.editor, META, "d-mut", true))
                }
                @if let Some(by_machine) = &digest.footer.by_machine { (line(by_machine)) }
                @if let Some(note) = &digest.footer.note { (line(note)) }
                (sender(digest, &style))
            }
        }
    }
}

/// Who sends it. A name and an address run from left to right, whatever stands around them.
fn sender(digest: &Digest, style: &str) -> Markup {
    let footer = &digest.footer;
    let (before, after) = footer.sender.split_once(&footer.mailbox).unwrap_or((&footer.sender, ""));
    html! {
        p class="d-mut" style=(style) {
            (before)
            @if footer.sender.contains(&footer.mailbox) { span dir="ltr" { (footer.mailbox) } }
            (after)
        }
    }
}

/// The way to the other pages.
fn pages(pages: &[Headline]) -> Markup {
    html! {
        p class="d-ink" style={ "margin:0 0 24px;font-size:15px;line-height:27px;color:" (INK) } {
            @for (i, page) in pages.iter().enumerate() {
                @if i > 0 { " · " }
                @match page.link {
                    Some(_) => { (linked(page, INK, "d-ink", true)) }
                    None => { b { (page.title) } }
                }
            }
        }
    }
}
