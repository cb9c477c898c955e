//! One story: the lead under its picture, a large one under its own, a row beside a small one, or
//! a title alone.

use maud::{Markup, html};

use crate::article::{self, Place};
use crate::digest::parts;
use crate::safe::SafeHtml;
use crate::theme::{
    INK, LARGE_TITLE, LEAD_TEXT, LEAD_TITLE, META, PICTURE, ROW_TEXT, ROW_TITLE, RULE, SUB, Size,
    display_fonts, fonts, is_cjk, side,
};
use crate::view::{Body, Headline, Image, Language, Layout, Related, Story};

/// What stands at the end of a title that a machine wrote.
const MARK: &str = "\u{a0}※";

/// Where a story stands: under another, in a section that has a title.
#[derive(Clone, Copy)]
pub(crate) struct Position {
    pub(crate) ruled: bool,
    pub(crate) titled: bool,
}

/// The first story: its picture at once, as wide as the sheet, and the name of its section.
pub(crate) fn lead(story: &Story, section: Option<&str>, frame: &Language, accent: &str) -> Markup {
    let language = story.headline.language.as_ref().unwrap_or(frame);
    let caption = story.image.as_ref().and_then(Image::caption);
    let above = if story.image.is_some() && caption.is_none() { 20 } else { 8 };
    html! {
        @if let Some(image) = &story.image {
            tr {
                td style="padding:0" { (picture(image, &story.headline, 640, "")) }
            }
        }
        tr {
            td id=[&story.anchor] class=(if is_cjk(language) { "gutter cjk" } else { "gutter" }) style={ "padding:" (above) "px 32px 24px" (font(language, frame)) } lang=(language.tag) dir=(language.dir()) align=(side(language)) {
                @if let Some(caption) = caption { (small_print(caption, language, story.image.as_ref().and_then(|image| image.language.as_ref()))) }
                @if let Some(section) = section {
                    p class="d-acc" lang=(frame.tag) dir="auto" style={ "margin:0 0 6px;font-size:13px;line-height:20px;font-weight:bold;color:" (accent) @if !is_cjk(frame) && !frame.right_to_left { ";text-transform:uppercase;letter-spacing:1px" } } { (section) }
                }
                (title(story, language, LEAD_TITLE, "lead", false))
                (words(story, language, frame, LEAD_TEXT, Place { accent, titled: false, cjk: is_cjk(language), right_to_left: language.right_to_left }))
            }
        }
    }
}

pub(crate) fn render(story: &Story, frame: &Language, accent: &str, place: Position) -> Markup {
    let language = story.headline.language.as_ref().unwrap_or(frame);
    let is_large = matches!(story.layout, Layout::Large | Layout::Lead);
    let padding = match story.layout {
        Layout::Line => 10,
        _ if is_large => 20,
        _ => 16,
    };
    html! {
        tr {
            td class="gutter" style="padding:0 32px" {
                table class="d-rule" role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style={ @if place.ruled { "border-top:1px solid " (RULE) } } {
                    tr {
                        td id=[&story.anchor] class=[is_cjk(language).then_some("cjk")] valign="top" style={ "padding:" (padding) "px 0" (font(language, frame)) } lang=(language.tag) dir=(language.dir()) align=(side(language)) {
                            @match story.layout {
                                Layout::Line => {
                                    (line(story, language, place.titled))
                                    @if let Some(original) = &story.original { (small(original, language)) }
                                    @if let Some(related) = &story.related { (others(related, frame, accent)) }
                                }
                                Layout::Lead | Layout::Large => {
                                    @if let Some(image) = &story.image {
                                        (picture(image, &story.headline, 576, if image.caption().is_none() { "margin:0 0 14px;" } else { "margin:0 0 8px;" }))
                                        @if let Some(caption) = image.caption() { (small_print(caption, language, story.image.as_ref().and_then(|image| image.language.as_ref()))) }
                                    }
                                    (title(story, language, LARGE_TITLE, "large", place.titled))
                                    (words(story, language, frame, ROW_TEXT, Place { accent, titled: place.titled, cjk: is_cjk(language), right_to_left: language.right_to_left }))
                                }
                                Layout::Row => {
                                    @if let Some(image) = &story.image {
                                        table role="presentation" align=(if language.right_to_left { "left" } else { "right" }) cellpadding="0" cellspacing="0" border="0" {
                                            tr { td style={ "padding:4px " (if language.right_to_left { "18px 8px 0" } else { "0 8px 18px" }) } { (picture(image, &story.headline, 108, "")) } }
                                        }
                                    }
                                    (title(story, language, ROW_TITLE, "row", place.titled))
                                    (words(story, language, frame, ROW_TEXT, Place { accent, titled: place.titled, cjk: is_cjk(language), right_to_left: language.right_to_left }))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What is said under a picture.
fn small_print(caption: &str, language: &Language, own: Option<&Language>) -> Markup {
    let line = if is_cjk(own.unwrap_or(language)) { 22 } else { 20 };
    html! { p class="d-mut" lang=[own.map(|l| &l.tag)] dir="auto" style={ "margin:0 0 12px;font-size:13px;line-height:" (line) "px;color:" (META) } { (caption) } }
}

/// A story in another script has its own typefaces.
fn font(language: &Language, frame: &Language) -> String {
    let font = fonts(language);
    if font == fonts(frame) { String::new() } else { format!(";font-family:{font}") }
}

/// A picture so wide at most, linked; one that nobody describes is not read out.
fn picture(image: &Image, headline: &Headline, width: u32, style: &str) -> Markup {
    let is_small = width < 200;
    let class = is_small.then_some("thumb");
    let size = if is_small { format!("width:{width}px") } else { format!("width:100%;max-width:{width}px") };
    let shown = html! {
        img class=[class] lang=[image.language.as_ref().map(|l| &l.tag)] src=(image.url) alt=(image.alt) width=(width) style={ "display:block;" (size) ";height:auto;background-color:" (PICTURE) ";font-size:13px;line-height:18px;color:" (META) };
    };
    // Where no pictures are shown, their words would be blue and underlined.
    let plain = format!("color:{META};text-decoration:none");
    html! {
        div style=(style) {
            @match (&headline.link, image.alt.is_empty()) {
                (Some(link), true) => { a href=(link) style=(plain) aria-hidden="true" aria-label=(headline.title) tabindex="-1" { (shown) } }
                (Some(link), false) => { a href=(link) style=(plain) { (shown) } }
                (None, _) => { (shown) }
            }
        }
    }
}

/// No level of headings is left out: under a section's h2 an h3, else an h2.
fn title(story: &Story, language: &Language, size: Size, class: &str, titled: bool) -> Markup {
    let headline = Headline { language: None, ..story.headline.clone() };
    let linked = linked(&headline, INK, "d-ink", false);
    let tracking = if class == "lead" && !is_cjk(language) && !language.right_to_left {
        ";letter-spacing:-0.4px"
    } else {
        ""
    };
    let style = format!(
        "margin:0 0 6px;font-family:{};{};font-weight:bold;color:{INK}{tracking}",
        display_fonts(language),
        size.of(language)
    );
    html! {
        @if titled { h3 class={ (class) " d-ink" } style=(style) { (linked) } } @else { h2 class={ (class) " d-ink" } style=(style) { (linked) } }
    }
}

/// A title alone, and where it is from.
fn line(story: &Story, language: &Language, titled: bool) -> Markup {
    let headline = Headline { language: None, ..story.headline.clone() };
    let style = format!("margin:0;{};font-weight:normal", ROW_TEXT.of(language));
    let inside = html! {
        (linked(&headline, INK, "d-ink", false))
        @if let Some(outlet) = &story.outlet { span class="d-mut" style={ "font-size:13px;color:" (META) } { " · " (outlet) } }
    };
    html! {
        @if titled { h3 style=(style) { (inside) } } @else { h2 style=(style) { (inside) } }
    }
}

/// What is said under a title.
fn words(story: &Story, language: &Language, frame: &Language, size: Size, place: Place<'_>) -> Markup {
    let accent = place.accent;
    let own = story.body_language.as_ref();
    let spoken = own.unwrap_or(language);
    let place = Place { cjk: is_cjk(spoken), right_to_left: spoken.right_to_left, ..place };
    html! {
        @if let Some(original) = &story.original { (small(original, language)) }
        @match &story.body {
            Body::None => {}
            Body::Excerpt(text) => {
                p class="d-sub" lang=[own.map(|l| &l.tag)] dir=[own.map(Language::dir)] align=[own.map(side)] style={ "margin:0;" (size.of(spoken)) ";color:" (SUB) } { (text) }
            }
            Body::Full { summary, html, .. } => {
                @if let Some(summary) = summary { (digested(summary, language, place.accent)) }
                @match own {
                    Some(own) => { div lang=(own.tag) dir=(own.dir()) align=(side(own)) { (full(html, own, place)) } }
                    None => { (full(html, language, place)) }
                }
            }
        }
        p class="d-mut" lang=(frame.tag) dir=(frame.dir()) align=(side(language)) style={ "margin:6px 0 0;font-size:13px;line-height:20px;color:" (META) } {
            @if let Some(outlet) = &story.outlet { b class="d-sub" dir="auto" style={ "color:" (SUB) } { (outlet) } @if !story.meta.is_empty() { " · " } }
            (parts(&story.meta))
            @for link in &story.links { " · " (linked(link, accent, "d-acc", true)) }
        }
        @if let Some(related) = &story.related { (others(related, frame, accent)) }
    }
}

/// The title as its outlet has it, under its translation.
fn small(original: &Headline, title: &Language) -> Markup {
    html! {
        p class="d-mut" align=(side(title)) style={ "margin:-2px 0 6px;font-size:13px;line-height:20px;color:" (META) } { (linked(original, META, "d-mut", false)) }
    }
}

/// A summary, set apart from the article that follows.
fn digested(summary: &Headline, language: &Language, accent: &str) -> Markup {
    let own = summary.language.as_ref();
    let spoken = own.unwrap_or(language);
    let start = if spoken.right_to_left { "right" } else { "left" };
    html! {
        div class="full" {
            blockquote class="d-ink" lang=[own.map(|l| &l.tag)] dir=[own.map(Language::dir)] align=[own.map(side)] style={ "margin:0 0 14px;padding:0 14px;border-" (start) ":3px solid " (accent) ";" (ROW_TEXT.of(spoken)) ";color:" (INK) } { (summary.title) }
        }
    }
}

fn full(html: &SafeHtml, language: &Language, place: Place<'_>) -> Markup {
    html! {
        div class="full d-sub" style={ (LEAD_TEXT.of(language)) ";color:" (SUB) } { (article::render(html, place)) }
    }
}

/// The others who report it, in one line.
fn others(related: &Related, frame: &Language, accent: &str) -> Markup {
    html! {
        p class="d-mut" lang=(frame.tag) dir=(frame.dir()) style={ "margin:4px 0 0;font-size:13px;line-height:20px;color:" (META) } {
            (related.heading) " "
            @for (i, (headline, outlet)) in related.items.iter().enumerate() {
                @if i > 0 { " · " }
                a class="d-acc" href=[headline.link.as_ref()] title=(headline.title) dir="auto" style={ "color:" (accent) ";text-decoration:underline" } { (outlet) }
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
                a class=(class) href=(link) lang=[language.map(|l| &l.tag)] dir="auto" style={ "color:" (colour) ";text-decoration:" (if underlined { "underline" } else { "none" }) } { (marked(&headline.title)) }
            }
            None => { span class=(class) lang=[language.map(|l| &l.tag)] dir="auto" style={ "color:" (colour) } { (marked(&headline.title)) } }
        }
    }
}

/// A title; the mark of machines at its end is small, however large the title is.
fn marked(title: &str) -> Markup {
    html! {
        @match title.strip_suffix(MARK) {
            Some(words) => { (words) span class="d-mut" style={ "font-size:13px;font-weight:normal;letter-spacing:0;color:" (META) } { (MARK) } }
            None => { (title) }
        }
    }
}
