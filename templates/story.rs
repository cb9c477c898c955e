//! One story: the lead with its picture on top, the others as compact rows.

use maud::{Markup, html};

use crate::digest::parts;
use crate::theme::{INK, META, RULE, SUB, display_fonts, fonts, line_height};
use crate::view::{Body, Headline, Image, Language, Related, Story};

pub(crate) fn render(story: &Story, frame: &Language, accent: &str, place: Position) -> Markup {
    let language = story.headline.language.as_ref().unwrap_or(frame);
    // A story in another script has its own typefaces.
    let font = Some(fonts(language)).filter(|font| *font != fonts(frame));
    html! {
        tr {
            td class="gutter" style="padding:0 32px" {
                table class="d-rule" role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style={ @if place.ruled { "border-top:1px solid " (RULE) } } {
                    tr {
                        td valign="top" style={ "padding:16px 0" @if let Some(font) = font { ";font-family:" (font) } } lang=(language.tag) dir=(language.dir()) {
                            @if story.lead {
                                @if let Some(image) = &story.image { (lead_image(image)) }
                                (title(story, language, place.titled))
                            } @else {
                                (title(story, language, place.titled))
                            }
                            (body(&story.body, language, story.lead))
                            p class="d-mut" lang=(frame.tag) dir=(frame.dir()) style={ "margin:6px 0 0;font-size:13px;line-height:20px;color:" (META) } { (parts(&story.meta)) }
                            @if !story.links.is_empty() { (links(&story.links, frame, accent)) }
                            @if let Some(related) = &story.related { (related_list(related, accent)) }
                        }
                        @if let (false, Some(image)) = (story.lead, &story.image) {
                            td class="thumb" width="116" valign="top" align=(if language.right_to_left { "left" } else { "right" }) style="padding:18px 0 16px" {
                                img src=(image.url) alt=(image.alt) width="96" style={ "display:block;width:96px;height:auto;border-radius:6px;font-size:13px;line-height:18px;color:" (META) };
                            }
                        }
                    }
                }
            }
        }
    }
}

fn lead_image(image: &Image) -> Markup {
    html! {
        table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" {
            tr {
                td style="padding:0 0 16px" {
                    img src=(image.url) alt=(image.alt) width="576" style={ "display:block;width:100%;max-width:576px;height:auto;border-radius:6px;font-size:14px;line-height:20px;color:" (META) };
                    @if !image.caption.is_empty() {
                        p class="d-mut" dir="auto" style={ "margin:6px 0 0;font-size:13px;line-height:20px;color:" (META) } { (image.caption) }
                    }
                }
            }
        }
    }
}

/// Where a story stands: under another, in a section that has a title.
#[derive(Clone, Copy)]
pub(crate) struct Position {
    pub(crate) ruled: bool,
    pub(crate) titled: bool,
}

/// No level of headings is left out: under a section's h2 an h3, else an h2.
fn title(story: &Story, language: &Language, titled: bool) -> Markup {
    let headline = Headline { language: None, ..story.headline.clone() };
    let linked = linked(&headline, INK, "d-ink", false);
    let (class, style) = if story.lead {
        let fonts = display_fonts(language);
        (
            "lead d-ink",
            format!(
                "margin:0 0 6px;font-family:{fonts};font-size:26px;line-height:34px;font-weight:bold;color:{INK}"
            ),
        )
    } else {
        ("d-ink", format!("margin:0 0 6px;font-size:18px;line-height:26px;font-weight:bold;color:{INK}"))
    };
    html! {
        @if titled { h3 class=(class) style=(style) { (linked) } } @else { h2 class=(class) style=(style) { (linked) } }
    }
}

fn body(body: &Body, language: &Language, lead: bool) -> Markup {
    let (size, latin, cjk) = if lead { (16, 26, 28) } else { (15, 23, 25) };
    let line = line_height(language, latin, cjk);
    html! {
        @match body {
            Body::None => {}
            Body::Excerpt(text) => {
                p class="d-sub" style={ "margin:0;font-size:" (size) "px;line-height:" (line) "px;color:" (SUB) } { (text) }
            }
            Body::Full { html, .. } => {
                div class="full d-sub" style={ "font-size:" (size) "px;line-height:" (line) "px;color:" (SUB) } { (html) }
            }
        }
    }
}

/// What comes with a story: a sound, a film, a discussion.
fn links(links: &[Headline], frame: &Language, accent: &str) -> Markup {
    html! {
        p class="d-mut" lang=(frame.tag) dir=(frame.dir()) style={ "margin:4px 0 0;font-size:13px;line-height:20px;color:" (META) } {
            @for (i, link) in links.iter().enumerate() {
                @if i > 0 { " · " }
                (linked(link, accent, "d-acc", true))
            }
        }
    }
}

fn related_list(related: &Related, accent: &str) -> Markup {
    html! {
        p class="d-mut" style={ "margin:8px 0 0;font-size:13px;line-height:20px;font-weight:bold;color:" (META) } { (related.heading) }
        ul style="margin:0;padding:0 0 0 18px" {
            @for (headline, outlet) in &related.items {
                li class="d-mut" style={ "margin:0;font-size:14px;line-height:22px;color:" (META) } {
                    (linked(headline, accent, "d-acc", true)) " " (outlet)
                }
            }
        }
    }
}

/// A headline as a link; as plain words where it leads nowhere.
pub(crate) fn linked(headline: &Headline, colour: &str, class: &str, underlined: bool) -> Markup {
    let language = headline.language.as_ref();
    html! {
        @match &headline.link {
            Some(link) => {
                a class=(class) href=(link) lang=[language.map(|l| &l.tag)] dir="auto" style={ "color:" (colour) ";text-decoration:" (if underlined { "underline" } else { "none" }) } { (headline.title) }
            }
            None => { span class=(class) lang=[language.map(|l| &l.tag)] dir="auto" style={ "color:" (colour) } { (headline.title) } }
        }
    }
}
