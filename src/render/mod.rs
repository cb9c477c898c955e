//! An edition to what is mailed: subject, HTML, text. Pure. Puts everything into words and
//! hands it to the templates, which know nothing of editions.

pub mod archive;
pub mod atom;
pub mod book;
mod pages;
pub mod readers;
mod words;

use std::collections::HashSet;
use std::sync::Arc;

use chrono::DateTime;
use chrono_tz::Tz;
use tidings_templates::{SafeHtml, digest, page, text, view};

use crate::model::{
    Address, Article, Edition, Embedded, Form, Frozen, Image, Images, Logo, MACHINE_MARK, Mailbox,
    MediumKind, PictureShape, Placed, Section,
};
use crate::text::{UNWRAPPED, columns, cut};
use words::{Label, Words};

pub use pages::{pages, paginate};
pub use words::languages;

/// Lines of the text part, in display columns.
const TEXT_COLUMNS: usize = 72;
/// Of the words beside the subject an inbox shows so much, in display columns.
const PREHEADER_COLUMNS: usize = 140;
/// So many titles are in them, each so wide at most.
const PREHEADER_TITLES: usize = 2;
const TITLE_COLUMNS: usize = 66;
/// Wider subjects are cut off in every inbox.
const SUBJECT_COLUMNS: usize = 78;
/// The contents list is worth its room from so many stories on.
const CONTENTS_FROM: usize = 4;
const CONTENTS_MOST: usize = 5;
/// What changed is a note, not a section of its own.
const UPDATED_MOST: usize = 12;

/// Whether the frame is written in a language.
pub fn speaks(language: &str) -> bool {
    languages().any(|known| language == known || language.starts_with(&format!("{known}-")))
}

/// How the owner dresses every edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    /// The one colour besides ink and paper, `#RRGGBB`, by day and by night.
    pub accent: String,
    pub accent_dark: String,
    /// In place of the title.
    pub logo: Option<Arc<Logo>>,
    /// Words under the title.
    pub tagline: Option<String>,
    /// Words at the foot, such as a postal address.
    pub footer: Option<String>,
    /// Rules for the mail programs that read them.
    pub css: String,
}

impl Default for Theme {
    fn default() -> Self {
        Self {
            accent: "#A8321E".into(),
            accent_dark: "#FF9B85".into(),
            logo: None,
            tagline: None,
            footer: None,
            css: String::new(),
        }
    }
}

/// What the owner puts around every edition: its theme, and at its foot who sends the mail
/// and how to get no more of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imprint {
    /// With `{title}`, `{date}`, `{count}` and `{lead}`.
    pub subject: String,
    pub theme: Theme,
    pub sender: Mailbox,
    /// The address of the page where the reader leaves, or of a mail to the publisher.
    pub unsubscribe: String,
    /// Where answers go.
    pub answers: Address,
    /// Where the edition can be read in a browser.
    pub web_edition: Option<String>,
}

/// Renders an edition. `pictures` are those that `cid:` addresses in it refer to.
pub fn render(edition: &Edition, imprint: &Imprint, mut pictures: Vec<Embedded>) -> Frozen {
    let view = view(edition, imprint, true);
    pictures.extend(logo(imprint).map(|(embedded, _)| embedded));
    Frozen {
        subject: fill_subject(&imprint.subject, edition),
        html: digest::render(&view),
        text: wrap(&text::render(&view)),
        pictures,
    }
}

/// The logo, as it travels in every mail.
fn logo(imprint: &Imprint) -> Option<(Embedded, &Logo)> {
    let logo = imprint.theme.logo.as_deref()?;
    let id = format!("{}@{}", logo.name, imprint.sender.address.domain());
    Some((Embedded { id, bytes: logo.bytes.clone() }, logo))
}

/// The page where the reader of a token leaves; `gone` is the address of one who has, and whether they can come
/// back; `own_page` is where they can say what else they want.
pub fn leaving(
    language: &str,
    title: &str,
    gone: Option<(&str, bool)>,
    (token, own_page): (&str, &str),
    theme: &Theme,
) -> String {
    let words = Words::in_language(language);
    let text = match gone {
        Some((address, _)) => words.gone(address, title),
        None => words.unsubscribe_question(title),
    };
    let button = match gone {
        Some((_, can_return)) => can_return.then(|| (words.label(Label::Undo), format!("{token}/undo"))),
        None => Some((words.unsubscribe(), String::new())),
    };
    page(words, theme, title, &text, button, Some((words.label(Label::OwnPage), own_page)))
}

fn page(
    words: Words,
    theme: &Theme,
    title: &str,
    text: &str,
    button: Option<(String, String)>,
    link: Option<(String, &str)>,
) -> String {
    page::render(&view::Page {
        language: language(words.tag()),
        theme: colours(theme),
        title: title.to_owned(),
        text: text.to_owned(),
        button,
        link: link.map(|(title, link)| view::Headline { title, link: Some(link.to_owned()), language: None }),
    })
}

fn colours(theme: &Theme) -> view::Theme {
    view::Theme {
        accent: theme.accent.clone(),
        accent_dark: theme.accent_dark.clone(),
        css: theme.css.clone(),
    }
}

/// The HTML with its pictures in it: a browser knows no `cid:`.
pub fn in_one_file(frozen: &Frozen) -> String {
    with_pictures(frozen.html.clone(), &frozen.pictures)
}

/// A page with those pictures in it that it refers to.
pub fn with_pictures(html: String, pictures: &[Embedded]) -> String {
    pictures.iter().fold(html, |html, picture| {
        let data = data_encoding::BASE64.encode(&picture.bytes);
        html.replace(&format!("cid:{}", picture.id), &format!("data:image/jpeg;base64,{data}"))
    })
}

/// The HTML part alone, for measuring.
pub fn html(edition: &Edition, imprint: &Imprint) -> String {
    digest::render(&view(edition, imprint, true))
}

/// About how many bytes of HTML a story takes in its form, without a frame around it.
pub fn weigh(edition: &Edition, imprint: &Imprint, placed: &Placed) -> usize {
    let words = Words::in_language(&edition.language);
    let now = edition.due.with_timezone(&edition.zone);
    let context = Context { words, language: words.tag(), now, images: edition.images };
    let layout = layout(placed, &context, false);
    let story = story_view(placed, &context, layout, true);
    digest::story(&story, &language(words.tag()), &imprint.theme.accent).len()
}

const PLACEHOLDERS: [&str; 4] = ["{title}", "{date}", "{count}", "{lead}"];

/// Whether a subject template can be filled in.
///
/// # Errors
/// The placeholder that does not exist.
pub fn check_subject(template: &str) -> Result<(), String> {
    let mut rest = template.to_owned();
    for known in PLACEHOLDERS {
        rest = rest.replace(known, "");
    }
    if rest.contains(['{', '}']) {
        return Err(format!("`{template}` has a placeholder that is none of {}", PLACEHOLDERS.join(", ")));
    }
    if template.chars().any(char::is_control) {
        return Err("a subject is a single line".into());
    }
    Ok(())
}

fn fill_subject(template: &str, edition: &Edition) -> String {
    let words = Words::in_language(&edition.language);
    let lead = edition.stories().next().map_or(&edition.title, |placed| &placed.story.lead.title);
    let values = [
        edition.title.clone(),
        words.date(edition.due.with_timezone(&edition.zone)),
        words.stories(edition.stories().count()),
        lead.clone(),
    ];
    // In one pass: a title may itself hold `{date}`.
    let mut out = String::new();
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        let (before, placeholder) = rest.split_at(at);
        out.push_str(before);
        match PLACEHOLDERS.iter().zip(&values).find(|(name, _)| placeholder.starts_with(**name)) {
            Some((name, value)) => {
                out.push_str(value);
                rest = placeholder.strip_prefix(name).unwrap_or_default();
            }
            None => {
                out.push('{');
                rest = placeholder.strip_prefix('{').unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    cut_marked(&out, SUBJECT_COLUMNS)
}

/// A text cut off, with the mark of what a machine wrote in it.
fn cut_marked(text: &str, columns: usize) -> String {
    let cut_off = cut(text, columns);
    if !text.contains(MACHINE_MARK) || cut_off.contains(MACHINE_MARK) {
        return cut_off;
    }
    format!("{} {MACHINE_MARK}", cut(text, columns.saturating_sub(3)))
}

/// `leads`: whether its first story does.
fn view(edition: &Edition, imprint: &Imprint, leads: bool) -> view::Digest {
    let words = Words::in_language(&edition.language);
    let now = edition.due.with_timezone(&edition.zone);
    let context = Context { words, language: words.tag(), now, images: edition.images };
    view::Digest {
        language: language(words.tag()),
        title: edition.title.clone(),
        logo: logo(imprint).map(|(embedded, logo)| view::Logo {
            url: format!("cid:{}", embedded.id),
            width: logo.width,
            height: logo.height,
        }),
        theme: colours(&imprint.theme),
        web_edition: imprint.web_edition.clone().map(|link| view::Headline {
            title: words.view_in_browser(),
            link: Some(link),
            language: None,
        }),
        tagline: imprint.theme.tagline.clone(),
        preheader: preheader(edition, &imprint.subject, words),
        date_line: date_line(edition, words, now),
        summary_line: summary(edition, words),
        briefing: briefing(edition, &context),
        contents: contents(edition, &context),
        sections: edition
            .sections
            .iter()
            .enumerate()
            .map(|(i, section)| section_view(section, &context, leads && i == 0))
            .collect(),
        updated: updated(edition, &context),
        left_out: left_out(edition, imprint, words),
        pages: Vec::new(),
        footer: view::Footer {
            note: imprint.theme.footer.clone(),
            by_machine: edition.written_by.as_deref().map(|model| words.by_machine(model)),
            reason: Some(view::Reason {
                why: words.why(&edition.title),
                unsubscribe: view::Headline {
                    title: words.unsubscribe(),
                    link: Some(imprint.unsubscribe.clone()),
                    language: None,
                },
            }),
            editor: view::Headline {
                title: words.write_to_editor(),
                link: Some(format!("mailto:{}", imprint.answers)),
                language: None,
            },
            sender: words.sent_by(&imprint.sender.to_string()),
            mailbox: imprint.sender.to_string(),
        },
    }
}

/// How many stories and sources, and how long they take to read; None of an empty edition.
fn figures(edition: &Edition) -> Option<(usize, usize, usize)> {
    let articles = edition.stories().flat_map(|placed| placed.story.articles());
    let sources: HashSet<&str> = articles.map(|article| article.feed.as_str()).collect();
    let minutes = edition.stories().map(seconds_to_read).sum::<usize>().div_ceil(60).max(1);
    let stories = edition.stories().count();
    (stories > 0).then_some((stories, sources.len(), minutes))
}

/// What the masthead says of an edition.
fn summary(edition: &Edition, words: Words) -> Vec<String> {
    let said = match figures(edition) {
        Some((stories, sources, minutes)) => {
            vec![words.stories_from(stories, sources), words.whole_reading_time(minutes)]
        }
        None => vec![words.nothing_new()],
    };
    std::iter::once(words.edition(edition.number)).chain(said).collect()
}

/// What an inbox shows beside the subject: the next titles, and how many more there are.
fn preheader(edition: &Edition, subject: &str, words: Words) -> String {
    let named = usize::from(subject.contains("{lead}"));
    let titles =
        edition.stories().skip(named).map(|placed| cut_marked(&placed.story.lead.title, TITLE_COLUMNS));
    let titles: Vec<String> = titles.collect();
    let Some(shown) = titles.get(..PREHEADER_TITLES.min(titles.len())).filter(|shown| !shown.is_empty())
    else {
        let only = edition.stories().next().map(|placed| placed.story.lead.excerpt.as_str());
        return only.map_or_else(|| words.nothing_new(), |excerpt| cut(excerpt, PREHEADER_COLUMNS));
    };
    let said = shown.join(" · ");
    match titles.len() - shown.len() {
        0 => said,
        more => format!("{said} · {}", words.and_more(more)),
    }
}

/// What the mail has no room for is in the web, or waits.
fn left_out(edition: &Edition, imprint: &Imprint, words: Words) -> Option<view::Headline> {
    let stories = Some(edition.left_out.len()).filter(|stories| *stories > 0)?;
    let title = match imprint.web_edition {
        Some(_) => words.left_out(stories),
        None => words.waiting(stories),
    };
    Some(view::Headline { title, link: imprint.web_edition.clone(), language: None })
}

fn date_line(edition: &Edition, words: Words, due: DateTime<Tz>) -> Vec<String> {
    let late = edition.late.map(|at| words.late(at.with_timezone(&edition.zone), due));
    std::iter::once(words.long_date(due)).chain(late).collect()
}

/// The articles that changed after they were mailed, the newest change first.
fn updated(edition: &Edition, context: &Context) -> Option<view::Updated> {
    // One more is named in the room that it takes to count it.
    let named = if edition.updated.len() == UPDATED_MOST + 1 { UPDATED_MOST + 1 } else { UPDATED_MOST };
    let items = edition.updated.iter().take(named).map(|update| view::Update {
        headline: headline(&update.article, context),
        note: {
            let original = update.article.by_machine.as_ref().and_then(|by| by.original_title.clone());
            let change = match &update.previous_title {
                Some(previous) => context.words.was(previous),
                None => context.words.text_changed(),
            };
            original.into_iter().chain([change]).collect::<Vec<_>>().join(" · ")
        },
        outlet: update.article.outlet.clone(),
    });
    let items: Vec<_> = items.collect();
    let more = edition.updated.len() - items.len();
    (!items.is_empty()).then(|| view::Updated {
        heading: context.words.updated_since(),
        items,
        more: (more > 0).then(|| context.words.more_updates(more)),
    })
}

struct Context {
    words: Words,
    language: &'static str,
    now: DateTime<Tz>,
    images: Images,
}

/// Seconds: a whole article takes its time, an excerpt some, a title little.
fn seconds_to_read(placed: &Placed) -> usize {
    match placed.form {
        Form::Full => placed.story.lead.minutes * 60,
        Form::Excerpt => 15,
        Form::Title => 4,
    }
}

/// What is inside besides the lead: of each section its first story; of an edition without
/// sections, the next ones.
fn contents(edition: &Edition, context: &Context) -> Option<view::Contents> {
    if edition.stories().count() < CONTENTS_FROM {
        return None;
    }
    let inside = |section: Option<&String>, placed: &Placed| view::Inside {
        section: section.cloned(),
        headline: headline(&placed.story.lead, context),
    };
    let items: Vec<_> = match edition.sections.as_slice() {
        [only] => {
            only.stories.iter().skip(1).take(CONTENTS_MOST).map(|placed| inside(None, placed)).collect()
        }
        sections => {
            let firsts = sections.iter().enumerate().filter_map(|(i, section)| {
                // The lead is above.
                let first = section.stories.get(usize::from(i == 0))?;
                Some(inside(section.title.as_ref(), first))
            });
            firsts.collect()
        }
    };
    (!items.is_empty()).then(|| view::Contents { heading: context.words.at_a_glance(), items })
}

fn section_view(section: &Section, context: &Context, first: bool) -> view::Section {
    let outlets: HashSet<&str> =
        section.stories.iter().map(|placed| placed.story.lead.outlet.as_str()).collect();
    let own = section.stories.get(usize::from(first)..).unwrap_or_default();
    let is_one = outlets.len() == 1 && section.title.is_some() && !own.is_empty();
    let outlet = outlets.into_iter().next().filter(|_| is_one).map(str::to_owned);
    // The first with a picture is shown large, if the section does not open with the lead.
    let large = (!first).then(|| section.stories.first()).flatten();
    let stories = section.stories.iter().enumerate().map(|(i, placed)| {
        let is_lead = first && i == 0;
        let opens = large.is_some_and(|large| std::ptr::eq(large, placed));
        let layout = if is_lead { view::Layout::Lead } else { layout(placed, context, opens) };
        let names_outlet = is_lead || outlet.is_none();
        story_view(placed, context, layout, names_outlet)
    });
    let stories = stories.collect();
    view::Section { heading: section.title.clone(), outlet, stories }
}

/// How much a story is made of that does not lead the mail; `opens` its section, or not.
fn layout(placed: &Placed, context: &Context, opens: bool) -> view::Layout {
    let suits = |image: &Image| context.images != Images::None && image.suits(PictureShape::Large);
    match placed.form {
        Form::Title => view::Layout::Line,
        Form::Full => view::Layout::Large,
        Form::Excerpt if opens && placed.story.lead.image.as_ref().is_some_and(suits) => view::Layout::Large,
        Form::Excerpt => view::Layout::Row,
    }
}

/// The shapes in which the picture of each story may be shown, the first the best.
pub fn picture_shapes(edition: &Edition) -> impl Iterator<Item = &'static [PictureShape]> {
    use PictureShape::{Large, Lead, Row};
    edition.sections.iter().enumerate().flat_map(|(section, stories)| {
        stories.stories.iter().enumerate().map(move |(i, placed)| -> &'static [PictureShape] {
            match placed.form {
                Form::Title if section + i > 0 => &[],
                _ if section + i == 0 => &[Lead],
                Form::Full => &[Large],
                _ if i == 0 => &[Large, Row],
                _ => &[Row],
            }
        })
    })
}

fn shape(layout: view::Layout) -> Option<PictureShape> {
    match layout {
        view::Layout::Lead => Some(PictureShape::Lead),
        view::Layout::Large => Some(PictureShape::Large),
        view::Layout::Row => Some(PictureShape::Row),
        view::Layout::Line => None,
    }
}

/// A whole article that takes fewer minutes is read at once.
const LEAST_MINUTES: usize = 3;

fn story_view(placed: &Placed, context: &Context, layout: view::Layout, names_outlet: bool) -> view::Story {
    let article = &placed.story.lead;
    let words = context.words;
    let body = match placed.form {
        Form::Title => view::Body::None,
        Form::Excerpt if article.excerpt.is_empty() => view::Body::None,
        Form::Excerpt => view::Body::Excerpt(article.excerpt.clone()),
        Form::Full => view::Body::Full {
            summary: article.summary().map(|summary| view::Headline {
                title: summary.to_owned(),
                link: None,
                language: other_than(article.language_of_excerpt(), article.language_of_title(), context),
            }),
            html: SafeHtml::already_clean(article.html.clone()),
            text: article.printed.as_ref().unwrap_or(&article.text).clone(),
        },
    };
    let spoken = match placed.form {
        Form::Title => article.language_of_title(),
        Form::Excerpt => article.language_of_excerpt(),
        Form::Full => article.language_of_body(),
    };
    let related = &placed.story.others;
    let is_whole = placed.form == Form::Full && article.minutes >= LEAST_MINUTES;
    view::Story {
        headline: headline(article, context),
        anchor: None,
        layout,
        image: article
            .image
            .as_ref()
            .filter(|image| context.images != Images::None && shape(layout).is_some_and(|s| image.suits(s)))
            .map(|image| view::Image {
                // One that will travel in the mail is measured as such.
                url: if context.images == Images::Embed && !image.url.starts_with("cid:") {
                    "cid:0123456789abcdef@mail.news.example.org".into()
                } else {
                    image.url.clone()
                },
                alt: image.alt.clone(),
                caption: image.caption.clone(),
                language: other_than(article.language.as_deref(), article.language_of_title(), context),
            }),
        original: original(article, context),
        body,
        body_language: other_than(spoken, article.language_of_title(), context),
        outlet: names_outlet.then(|| article.outlet.clone()),
        meta: placed
            .story
            .revised
            .then(|| words.updated())
            .into_iter()
            .chain([words.moment(article.published.with_timezone(&context.now.timezone()), context.now)])
            .chain(is_whole.then(|| words.reading_time(article.minutes)))
            .collect(),
        links: attached(article, context),
        related: (!related.is_empty()).then(|| view::Related {
            heading: words.also_covered_by(),
            items: related
                .iter()
                .map(|tie| (headline(&tie.article, context), tie.article.outlet.clone()))
                .collect(),
        }),
    }
}

/// What can be heard, watched, opened or talked about, in words with its address.
fn attached(article: &Article, context: &Context) -> Vec<view::Headline> {
    let words = context.words;
    let headline = |title, url: &String| view::Headline { title, link: Some(url.clone()), language: None };
    let media = article.media.iter().map(|medium| {
        let what = match medium.kind {
            MediumKind::Sound => words.listen(),
            MediumKind::Film => words.watch(),
            MediumKind::File => words.file(),
        };
        let length = medium.seconds.map(|seconds| words.minutes(((seconds as usize + 30) / 60).max(1)));
        // A number stays with its unit.
        let length = length.map(|length| length.replace(' ', "\u{a0}"));
        headline([what].into_iter().chain(length).collect::<Vec<_>>().join(" · "), &medium.url)
    });
    let discussion = article.discussion.iter().map(|url| headline(words.discussion(), url));
    media.chain(discussion).collect()
}

fn headline(article: &Article, context: &Context) -> view::Headline {
    view::Headline {
        title: article.title.clone(),
        // An episode may have no page.
        link: article.link.clone().or_else(|| article.media.first().map(|medium| medium.url.clone())),
        language: article.language_of_title().filter(|l| *l != context.language).map(language),
    }
}

/// The title that was translated, and where the article is.
fn original(article: &Article, context: &Context) -> Option<view::Headline> {
    let title = article.by_machine.as_ref()?.original_title.clone()?;
    let spoken = article.language.as_deref().unwrap_or(context.language);
    Some(view::Headline { title, language: Some(language(spoken)), ..headline(article, context) })
}

/// A language, where words before are in another; both may be that of the frame.
fn other_than(spoken: Option<&str>, before: Option<&str>, context: &Context) -> Option<view::Language> {
    let (spoken, before) = (spoken.unwrap_or(context.language), before.unwrap_or(context.language));
    (spoken != before).then(|| language(spoken))
}

/// The sentences at the head of an edition; each leads where its story's headline does.
fn briefing(edition: &Edition, context: &Context) -> Option<view::Briefing> {
    let briefing = edition.briefing.as_ref()?;
    let spoken = Some(briefing.language.as_str()).filter(|spoken| *spoken != context.language).map(language);
    let sentences = briefing.sentences.iter().map(|sentence| {
        let is_its = |article: &&Article| article.feed == sentence.feed && article.key == sentence.key;
        let shown = edition.stories().map(|placed| &placed.story).chain(&edition.left_out);
        let article = shown.flat_map(|story| story.articles()).find(is_its);
        let link = article.and_then(|article| headline(article, context).link);
        view::Headline { title: sentence.text.clone(), link, language: spoken.clone() }
    });
    let heading = format!("{}\u{a0}{MACHINE_MARK}", context.words.briefing());
    Some(view::Briefing { heading, sentences: sentences.collect() })
}

fn language(tag: &str) -> view::Language {
    let primary = tag.split('-').next().unwrap_or(tag);
    view::Language {
        tag: tag.to_owned(),
        right_to_left: matches!(primary, "ar" | "fa" | "he" | "ur" | "yi" | "ps" | "dv" | "ckb" | "ug"),
    }
}

/// Wraps each line by display width, where its script allows a break; what follows hangs
/// under its beginning. Addresses are left whole.
fn wrap(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 40);
    for line in text.lines() {
        // "-- " is the signature separator, and its blank at the end counts.
        if line.contains(UNWRAPPED) {
            out.push_str(&line.replacen(UNWRAPPED, "", 1));
        } else if columns(line) <= TEXT_COLUMNS || line.trim_start().starts_with('<') {
            out.push_str(line);
        } else {
            let indent = " ".repeat(hang(line));
            let options = textwrap::Options::new(TEXT_COLUMNS)
                .subsequent_indent(&indent)
                .word_separator(textwrap::WordSeparator::UnicodeBreakProperties)
                .word_splitter(textwrap::WordSplitter::NoHyphenation);
            out.push_str(&textwrap::fill(line, options));
        }
        out.push('\n');
    }
    out
}

/// How far the continuation of a line stands in: under its text, past a number or bullet.
fn hang(line: &str) -> usize {
    let indent = line.len() - line.trim_start().len();
    let text = line.trim_start();
    let mark = text.split(' ').next().unwrap_or_default();
    let is_mark =
        matches!(mark, "-" | "•") || mark.strip_suffix('.').is_some_and(|n| n.parse::<usize>().is_ok());
    if is_mark { indent + columns(mark) + 1 } else { indent }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_filled_in_one_pass() {
        assert!(check_subject("{title} · {date} · {count}").is_ok());
        assert!(check_subject("{titel}").is_err());
        let edition = Edition {
            digest: "daily".into(),
            title: "The {date} Times".into(),
            number: 3,
            due: "2026-11-22T06:30:00Z".parse().unwrap(),
            zone: Tz::UTC,
            language: "en".into(),
            images: Images::None,
            sections: Vec::new(),
            left_out: Vec::new(),
            briefing: None,
            written_by: None,
            late: None,
            updated: Vec::new(),
        };
        assert_eq!(
            fill_subject("{title}: {count}, {date}", &edition),
            "The {date} Times: 0 stories, 22 November 2026"
        );
    }

    #[test]
    fn text_wraps_by_width_and_hangs_under_its_number() {
        let line = format!("12. {}", "渡轮提前一周改为冬季班次，".repeat(6));
        let wrapped = wrap(&line);
        let lines: Vec<_> = wrapped.lines().collect();
        assert!(lines.len() > 1);
        assert!(lines.iter().all(|l| columns(l) <= TEXT_COLUMNS), "{wrapped}");
        assert!(
            lines.iter().skip(1).all(|l| l.starts_with("    ") && !l.trim_start().starts_with('，')),
            "{wrapped}"
        );
        let address = format!("   <https://example.org/{}>", "a-b/".repeat(40));
        assert_eq!(wrap(&address).trim_end(), address);
    }
}
