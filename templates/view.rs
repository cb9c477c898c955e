//! What a mail shows, in words: every string is ready to be printed.

use crate::SafeHtml;

/// A language tag and the direction of its script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Language {
    /// BCP 47.
    pub tag: String,
    pub right_to_left: bool,
}

impl Language {
    pub(crate) fn dir(&self) -> &'static str {
        if self.right_to_left { "rtl" } else { "ltr" }
    }
}

/// The owner's colours, `#RRGGBB`, and CSS rules.
#[derive(Debug, Clone)]
pub struct Theme {
    pub accent: String,
    pub accent_dark: String,
    pub css: String,
}

/// A whole mail.
#[derive(Debug, Clone)]
pub struct Digest {
    pub language: Language,
    pub theme: Theme,
    pub title: String,
    /// In place of the title, which describes it.
    pub logo: Option<Logo>,
    /// Where the same can be read in a browser.
    pub web_edition: Option<Headline>,
    /// Under the title.
    pub tagline: Option<String>,
    /// Shown by mail clients beside the subject.
    pub preheader: String,
    /// "Sunday, 22 November 2026": parts that must not break inside.
    pub date_line: Vec<String>,
    /// "Edition 142", "7 stories", "11 minutes".
    pub summary_line: Vec<String>,
    pub briefing: Option<Briefing>,
    pub contents: Option<Contents>,
    pub sections: Vec<Section>,
    /// What changed after it was mailed.
    pub updated: Option<Updated>,
    /// "14 more stories did not fit", and where they are, if anywhere.
    pub left_out: Option<Headline>,
    /// The pages of the edition, in the web; the one that is shown leads nowhere.
    pub pages: Vec<Headline>,
    pub footer: Footer,
}

/// The owner's mark, in pixels as it is shown.
#[derive(Debug, Clone)]
pub struct Logo {
    pub url: String,
    pub width: u32,
    pub height: u32,
}

/// What is most important, in a few sentences, each on a story.
#[derive(Debug, Clone)]
pub struct Briefing {
    pub heading: String,
    pub sentences: Vec<Headline>,
}

/// What else is inside, after the lead.
#[derive(Debug, Clone)]
pub struct Contents {
    pub heading: String,
    pub items: Vec<Inside>,
}

/// A section by its first title; a title alone, where there are no sections.
#[derive(Debug, Clone)]
pub struct Inside {
    pub section: Option<String>,
    pub headline: Headline,
}

/// A web page for a reader.
#[derive(Debug, Clone)]
pub struct Page {
    pub language: Language,
    pub theme: Theme,
    pub title: String,
    pub text: String,
    /// Words on a button, and where it posts; to this page where that is empty.
    pub button: Option<(String, String)>,
    /// Where the reader can do more.
    pub link: Option<Headline>,
}

/// A page of the archive in the web.
#[derive(Debug, Clone)]
pub struct ArchivePage {
    pub language: Language,
    pub theme: Theme,
    /// Of the window.
    pub title: String,
    /// On the head of the page, and where it leads.
    pub name: String,
    pub home: Option<String>,
    /// Whether its letters are Latin, whatever the language of the page.
    pub is_latin: bool,
    pub logo: Option<Logo>,
    pub tagline: Option<String>,
    /// Links over the head.
    pub above: Vec<Headline>,
    pub search: Option<SearchForm>,
    /// None where the name says it.
    pub heading: Option<String>,
    pub body: ArchiveBody,
    /// Links to what is newer and older, and what they are.
    pub pages: Vec<Headline>,
    pub pages_label: String,
    /// In Atom.
    pub feeds: Vec<Headline>,
    /// Whether search engines may list it.
    pub is_listed: bool,
}

/// What a page of the archive shows.
#[derive(Debug, Clone)]
pub enum ArchiveBody {
    Digests(Vec<DigestItem>),
    Editions { editions: Vec<EditionItem>, months: Vec<Headline>, months_label: String },
    Results { form: Box<SearchForm>, said: Option<String>, items: Vec<ResultItem> },
    Words(String),
    Form(Form),
}

/// A form that changes something.
#[derive(Debug, Clone)]
pub struct Form {
    /// What is said before it, a paragraph each.
    pub said: Vec<String>,
    /// Where it is sent; to its own address where it is empty.
    pub action: String,
    pub fields: Vec<Field>,
    pub buttons: Vec<Button>,
}

#[derive(Debug, Clone)]
pub enum Field {
    /// `kind` is a type of HTML's `input`, `hint` what it may be filled in by.
    Line {
        kind: &'static str,
        name: &'static str,
        label: String,
        value: String,
        hint: &'static str,
        is_needed: bool,
    },
    /// Any of these, or one of them: value, words, whether it is chosen.
    Choice {
        name: &'static str,
        label: String,
        options: Vec<(String, String, bool)>,
        is_one: bool,
    },
    Hidden {
        name: &'static str,
        value: String,
    },
    /// Nobody sees it but robots.
    Trap {
        name: &'static str,
        label: String,
    },
}

#[derive(Debug, Clone)]
pub struct Button {
    pub label: String,
    /// What it says besides the fields.
    pub name: &'static str,
    /// Whether it is not the one that is meant.
    pub is_second: bool,
}

#[derive(Debug, Clone)]
pub struct DigestItem {
    pub language: Language,
    pub name: Headline,
    pub editions: Vec<EditionItem>,
}

#[derive(Debug, Clone)]
pub struct EditionItem {
    /// "Sunday, 22 November 2026"
    pub date: String,
    pub headline: Headline,
    /// Of its stories.
    pub titles: Vec<String>,
    /// "Edition 3 · 14 stories"
    pub extent: String,
}

/// An article that a search found.
#[derive(Debug, Clone)]
pub struct ResultItem {
    pub link: String,
    pub language: Option<Language>,
    pub title: Vec<Marked>,
    pub excerpt: Vec<Marked>,
    pub outlet: String,
    pub edition: Headline,
}

/// A piece of a text, and whether it was sought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked {
    pub text: String,
    pub is_match: bool,
}

/// A form to search by, and what it holds.
#[derive(Debug, Clone)]
pub struct SearchForm {
    pub action: String,
    pub label: String,
    pub words_label: String,
    pub query: String,
    /// To search in alone.
    pub digest: Option<String>,
    pub digest_label: String,
    pub all_digests: String,
    /// By id and name.
    pub digests: Vec<(String, String)>,
    /// As HTML has dates; may be empty.
    pub from: String,
    pub from_label: String,
    pub until: String,
    pub until_label: String,
}

/// What is around an edition in the web.
#[derive(Debug, Clone)]
pub struct Around {
    pub language: Language,
    pub theme: Theme,
    /// None where there is no list of editions.
    pub all: Option<Headline>,
    pub search: Option<Headline>,
    pub previous: Option<Headline>,
    pub next: Option<Headline>,
    pub feeds: Vec<Headline>,
    /// Whether pictures may be loaded from elsewhere.
    pub has_remote_pictures: bool,
}

/// A title and where it leads.
#[derive(Debug, Clone)]
pub struct Headline {
    pub title: String,
    pub link: Option<String>,
    pub language: Option<Language>,
}

#[derive(Debug, Clone)]
pub struct Section {
    pub heading: Option<String>,
    /// The one outlet that all its stories come from.
    pub outlet: Option<String>,
    pub stories: Vec<Story>,
}

#[derive(Debug, Clone)]
pub struct Story {
    pub headline: Headline,
    /// By which other pages lead to it.
    pub anchor: Option<String>,
    pub layout: Layout,
    /// Its title as its outlet has it, where the headline is a translation.
    pub original: Option<Headline>,
    pub image: Option<Image>,
    pub body: Body,
    /// Where the body is in another language than the headline.
    pub body_language: Option<Language>,
    /// None where its section names it.
    pub outlet: Option<String>,
    /// "05:55", "12 min read".
    pub meta: Vec<String>,
    /// "Listen · 72 minutes", "Discussion".
    pub links: Vec<Headline>,
    pub related: Option<Related>,
}

/// How much a story is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// The first of the mail: its picture as wide as the sheet.
    Lead,
    /// The first of a section that has a picture, or a whole article: its picture on top.
    Large,
    /// A small picture beside the words.
    Row,
    /// A title alone.
    Line,
}

#[derive(Debug, Clone)]
pub enum Body {
    None,
    Excerpt(String),
    /// The whole article, and its words for the plain-text twin.
    Full {
        /// Over it: its summary, which may be in another language.
        summary: Option<Headline>,
        html: SafeHtml,
        text: String,
    },
}

#[derive(Debug, Clone)]
pub struct Image {
    pub url: String,
    pub alt: String,
    /// Under a large picture; may be empty.
    pub caption: String,
    /// Of its words, where it is not that of the headline.
    pub language: Option<Language>,
}

impl Image {
    pub(crate) fn caption(&self) -> Option<&str> {
        Some(self.caption.as_str()).filter(|caption| !caption.is_empty())
    }
}

/// The others who report a story.
#[derive(Debug, Clone)]
pub struct Related {
    pub heading: String,
    pub items: Vec<(Headline, String)>,
}

/// What changed after it was mailed.
#[derive(Debug, Clone)]
pub struct Updated {
    pub heading: String,
    pub items: Vec<Update>,
    /// "8 more articles were updated".
    pub more: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Update {
    pub headline: Headline,
    /// "before: the old title".
    pub note: String,
    pub outlet: String,
}

#[derive(Debug, Clone)]
pub struct Reason {
    pub why: String,
    pub unsubscribe: Headline,
}

#[derive(Debug, Clone)]
pub struct Footer {
    /// The owner's own words.
    pub note: Option<String>,
    /// What the mark of machines means, where it stands in the mail.
    pub by_machine: Option<String>,
    /// Why the reader gets this, and how to get no more. None on pages, whose readers are not known.
    pub reason: Option<Reason>,
    /// Where a reader writes to.
    pub editor: Headline,
    /// Who sends it.
    pub sender: String,
    /// The mailbox that stands in it.
    pub mailbox: String,
}
