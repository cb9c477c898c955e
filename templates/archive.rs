//! The archive in the web: lists of editions, what a search found, a sentence where there is nothing to list,
//! and the frame around an edition. Unlike a mail this is read by browsers alone, so its styles
//! stand in one `<style>`; it loads nothing, and works without scripts.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::theme::{
    DARK_INK, DARK_META, DARK_PAGE, DARK_RULE, DARK_SHEET, DARK_SUB, INK, META, PAGE, RULE, SHEET, SUB,
    display_fonts, fonts, is_cjk,
};
use crate::view::{
    ArchiveBody, ArchivePage, Around, EditionItem, Field, Form, Headline, Language, Marked, ResultItem,
    SearchForm,
};

const STYLE: &str = include_str!("archive.css");

/// Renders a page of the archive.
pub fn render(page: &ArchivePage) -> String {
    let language = &page.language;
    let markup = html! {
        (DOCTYPE)
        html lang=(language.tag) dir=(language.dir()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                meta name="color-scheme" content="light dark";
                @if !page.is_listed { meta name="robots" content="noindex"; }
                title { (page.title) }
                @for feed in &page.feeds { (feed_link(feed)) }
                style { (PreEscaped(colours(language, &page.theme.accent, &page.theme.accent_dark))) (PreEscaped(STYLE)) }
                @if !page.theme.css.is_empty() { style { (PreEscaped(&page.theme.css)) } }
            }
            body {
                div class="sheet" {
                    header {
                        div class="top" {
                            span { @for (i, link) in page.above.iter().enumerate() { @if i > 0 { " · " } (anchor(link)) } }
                            @if let Some(form) = &page.search { (quick_search(form)) }
                        }
                        (nameplate(page))
                        @if let Some(tagline) = &page.tagline { p class="tagline" dir="auto" { (tagline) } }
                    }
                    main {
                        @if let Some(heading) = &page.heading { h1 class="heading" { (heading) } }
                        (body(&page.body, language))
                        @if !page.pages.is_empty() {
                            nav class="pages" aria-label=(page.pages_label) {
                                @for link in &page.pages { (anchor(link)) }
                            }
                        }
                    }
                    @if !page.feeds.is_empty() {
                        footer { @for (i, feed) in page.feeds.iter().enumerate() { @if i > 0 { " · " } (anchor(feed)) } }
                    }
                }
            }
        }
    };
    markup.into_string()
}

/// Where a page has a heading of its own, the name is none.
fn nameplate(page: &ArchivePage) -> Markup {
    let name = html! {
        @match &page.logo {
            Some(logo) => { img src=(logo.url) alt=(page.name) width=(logo.width) height=(logo.height); }
            None => { (page.name) }
        }
    };
    let linked =
        html! { @match &page.home { Some(home) => { a href=(home) { (name) } } None => { (name) } } };
    html! {
        @if page.heading.is_some() { p.nameplate.latin[page.is_latin] dir="auto" { (linked) } }
        @else { h1.nameplate.latin[page.is_latin] dir="auto" { (linked) } }
    }
}

fn body(body: &ArchiveBody, frame: &Language) -> Markup {
    html! {
        @match body {
            ArchiveBody::Digests(digests) => {
                @for digest in digests {
                    section lang=(digest.language.tag) dir=(digest.language.dir()) {
                        h2 class="label" dir="auto" { (anchor(&digest.name)) }
                        (editions(&digest.editions))
                    }
                }
            }
            ArchiveBody::Editions { editions: items, months, months_label } => {
                (editions(items))
                @if !months.is_empty() {
                    nav class="months" aria-label=(months_label) {
                        h2 { (months_label) }
                        ul { @for month in months { li { (anchor(month)) } } }
                    }
                }
            }
            ArchiveBody::Results { form, said, items } => {
                (search_form(form))
                @if let Some(said) = said { p class="said" { (said) } }
                @if !items.is_empty() { ol class="results" { @for item in items { (result(item, frame)) } } }
            }
            ArchiveBody::Form(form) => { (changing(form)) }
            ArchiveBody::Words(words) => { p class="words" dir="auto" { (words) } }
        }
    }
}

fn editions(items: &[EditionItem]) -> Markup {
    html! {
        @for item in items {
            article class="edition" {
                p class="meta" { (item.date) }
                h2 dir="auto" { (anchor(&item.headline)) }
                @if !item.titles.is_empty() {
                    ul { @for title in &item.titles { li dir="auto" { (title) } } }
                }
                p class="meta" { (item.extent) }
            }
        }
    }
}

fn result(item: &ResultItem, frame: &Language) -> Markup {
    let language = item.language.as_ref().filter(|language| *language != frame);
    html! {
        li {
            h2 lang=[language.map(|l| &l.tag)] dir="auto" { a href=(item.link) { (marked(&item.title)) } }
            p class="excerpt" lang=[language.map(|l| &l.tag)] dir="auto" { (marked(&item.excerpt)) }
            p class="meta" dir="auto" { bdi { (item.outlet) } " · " a dir="auto" href=(item.edition.link.as_deref().unwrap_or_default()) { (item.edition.title) } }
        }
    }
}

fn marked(parts: &[Marked]) -> Markup {
    html! { @for part in parts { @if part.is_match { mark { (part.text) } } @else { (part.text) } } }
}

fn changing(form: &Form) -> Markup {
    html! {
        @for words in &form.said { p class="said" dir="auto" { (words) } }
        @if !form.buttons.is_empty() {
            form class="form" method="post" action=[Some(&form.action).filter(|action| !action.is_empty())] {
                @for part in &form.fields { (field(part)) }
                div class="buttons" {
                    @for button in &form.buttons {
                        button.second[button.is_second] type="submit" name=(button.name) value="1" { (button.label) }
                    }
                }
            }
        }
    }
}

fn field(field: &Field) -> Markup {
    html! {
        @match field {
            Field::Line { kind, name, label, value, hint, is_needed } => {
                label { span { (label) } input type=(kind) name=(name) value=(value) autocomplete=(hint) required[*is_needed] dir="auto" maxlength="200"; }
            }
            Field::Choice { name, label, options, is_one } => {
                fieldset {
                    legend { (label) }
                    @for (value, words, is_chosen) in options {
                        label class="option" { input type=(if *is_one { "radio" } else { "checkbox" }) name=(name) value=(value) checked[*is_chosen]; span dir="auto" { (words) } }
                    }
                }
            }
            Field::Hidden { name, value } => { input type="hidden" name=(name) value=(value); }
            Field::Trap { name, label } => {
                label class="unseen" aria-hidden="true" { (label) input type="text" name=(name) tabindex="-1" autocomplete="off"; }
            }
        }
    }
}

/// A field in the head of each page.
fn quick_search(form: &SearchForm) -> Markup {
    html! {
        form role="search" action=(form.action) method="get" {
            label { span class="unseen" { (form.label) } input type="search" name="q" maxlength="120" placeholder=(form.label); }
            @if let Some(digest) = &form.digest { input type="hidden" name="in" value=(digest); }
            button type="submit" { (form.label) }
        }
    }
}

/// The whole form, on the page of what was found.
fn search_form(form: &SearchForm) -> Markup {
    html! {
        form class="search" role="search" action=(form.action) method="get" {
            label class="wide" { span { (form.words_label) } input type="search" name="q" maxlength="120" value=(form.query) dir="auto"; }
            @if form.digests.len() > 1 {
                label {
                    span { (form.digest_label) }
                    select name="in" {
                        option value="" { (form.all_digests) }
                        @for (id, name) in &form.digests {
                            option value=(id) selected[form.digest.as_ref() == Some(id)] { (name) }
                        }
                    }
                }
            }
            label { span { (form.from_label) } input type="date" name="from" value=(form.from); }
            label { span { (form.until_label) } input type="date" name="until" value=(form.until); }
            button type="submit" { (form.label) }
        }
    }
}

/// The page of an edition with the way to the others around it, and a form for paper.
pub fn frame(edition: &str, around: &Around) -> String {
    let links = [&around.previous, &around.next];
    let head = html! {
        @for feed in &around.feeds { (feed_link(feed)) }
        style { (PreEscaped(colours(&around.language, &around.theme.accent, &around.theme.accent_dark))) (PreEscaped(FRAME_STYLE)) }
        @if !around.has_remote_pictures { style { (PreEscaped("img[src^=\"http\"],a:has(>img[src^=\"http\"]),.full div:has(>img[src^=\"http\"]){display:none!important}")) } }
    };
    let bar = html! {
        @if let Some(all) = &around.all {
            nav class="around" aria-label=(all.title) dir=(around.language.dir()) {
                @match links[0] { Some(link) => { a href=(link.link.as_deref().unwrap_or_default()) rel="prev" { (link.title) } } None => { span {} } }
                span { (anchor(all)) @if let Some(search) = &around.search { " · " (anchor(search)) } }
                @match links[1] { Some(link) => { a href=(link.link.as_deref().unwrap_or_default()) rel="next" { (link.title) } } None => { span {} } }
            }
        }
    };
    let (before, rest) = edition.split_once("</head>").unwrap_or(("", edition));
    let (body, rest) =
        rest.split_once("<body").and_then(|(_, rest)| rest.split_once('>')).unwrap_or(("", rest));
    let (content, _) = rest.rsplit_once("</body>").unwrap_or((rest, ""));
    [
        before,
        &head.into_string(),
        "</head><body",
        body,
        ">",
        &bar.into_string(),
        "<main>",
        content,
        "</main></body></html>",
    ]
    .concat()
}

const FRAME_STYLE: &str = include_str!("frame.css");

fn feed_link(feed: &Headline) -> Markup {
    html! { link rel="alternate" type="application/atom+xml" title=(feed.title) href=(feed.link.as_deref().unwrap_or_default()); }
}

fn anchor(link: &Headline) -> Markup {
    html! {
        @match &link.link {
            Some(address) => { a href=(address) lang=[link.language.as_ref().map(|l| &l.tag)] { (link.title) } }
            None => { span aria-current="page" { (link.title) } }
        }
    }
}

/// What the style sheets call the colours and typefaces.
fn colours(language: &Language, accent: &str, accent_dark: &str) -> String {
    let leading = if is_cjk(language) { "1.75" } else { "1.55" };
    let tracking = if is_cjk(language) {
        ".12em"
    } else if language.right_to_left {
        "0"
    } else {
        "-.015em"
    };
    format!(
        ":root{{--page:{PAGE};--sheet:{SHEET};--ink:{INK};--sub:{SUB};--meta:{META};--rule:{RULE};--accent:{accent};\
         --text:{};--display:{};--leading:{leading};--tracking:{tracking}}}\
         @media screen and (prefers-color-scheme:dark){{:root{{--page:{DARK_PAGE};--sheet:{DARK_SHEET};--ink:{DARK_INK};\
         --sub:{DARK_SUB};--meta:{DARK_META};--rule:{DARK_RULE};--accent:{accent_dark}}}}}\n",
        fonts(language),
        display_fonts(language),
    )
}
