//! The pages where readers join, confirm, and say what they want, and the mails besides editions that
//! they get. Pure.

use tidings_templates::archive;
use tidings_templates::view::{ArchiveBody, Button, Field, Form};

use super::archive::Site;
use super::words::{About, Facts, Label, Words};
use crate::model::Format;

/// The names of the fields, as the form sends them.
pub const ADDRESS: &str = "email";
pub const NAME: &str = "name";
pub const DIGEST: &str = "digest";
/// When the form was shown.
pub const SHOWN: &str = "shown";
/// Where only robots write.
pub const TRAP: &str = "website";
pub const FORMAT: &str = "format";
pub const OFTEN: &str = "often";
pub const PAUSE: &str = "pause";
pub const LEAVE_ALL: &str = "leave-all";

/// A digest that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub id: String,
    pub title: String,
    pub is_chosen: bool,
}

/// What somebody typed into the form to join.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    pub address: String,
    pub name: String,
    /// Of the moment; see [`SHOWN`].
    pub shown: String,
}

/// Why the form is shown again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// It came from another page, or was old.
    Unsure,
    /// There is no address in it, or no digest.
    Wrong,
}

/// What a reader has chosen for all their digests.
#[derive(Debug, Clone)]
pub struct Wishes {
    pub format: Format,
    pub weekly: bool,
    /// As a field of HTML has it.
    pub paused_until: String,
    pub offers: Vec<Offer>,
}

/// The names of digests in a row.
pub fn titles<'a>(titles: impl Iterator<Item = &'a str>) -> String {
    titles.collect::<Vec<_>>().join(" · ")
}

fn choice(words: Words, offers: &[Offer]) -> Field {
    let options = offers.iter().map(|offer| (offer.id.clone(), offer.title.clone(), offer.is_chosen));
    Field::Choice {
        name: DIGEST,
        label: words.label(Label::JoinDigests),
        options: options.collect(),
        is_one: false,
    }
}

fn form(site: &Site, language: &str, name: &str, heading: Option<Label>, form: Form) -> String {
    let words = Words::in_language(language);
    let mut page = site.page(words, name, ArchiveBody::Form(form));
    page.heading = heading.map(|heading| words.label(heading));
    if let Some(heading) = &page.heading {
        page.title = format!("{heading} · {name}");
    }
    page.is_listed = false;
    archive::render(&page)
}

fn button(label: String, name: &'static str, is_second: bool) -> Button {
    Button { label, name, is_second }
}

/// The form to join by.
pub fn join(site: &Site, language: &str, offers: &[Offer], typed: &Typed, again: Option<Again>) -> String {
    let words = Words::in_language(language);
    let line = |kind, name, label: Label, value: &String, hint, is_needed| Field::Line {
        kind,
        name,
        label: words.label(label),
        value: value.clone(),
        hint,
        is_needed,
    };
    let mut fields = vec![
        line("email", ADDRESS, Label::JoinAddress, &typed.address, "email", true),
        line("text", NAME, Label::JoinName, &typed.name, "name", false),
    ];
    match offers {
        [only] => fields.push(Field::Hidden { name: DIGEST, value: only.id.clone() }),
        several => fields.push(choice(words, several)),
    }
    fields.push(Field::Hidden { name: SHOWN, value: typed.shown.clone() });
    fields.push(Field::Trap { name: TRAP, label: words.label(Label::LeaveEmpty) });
    let said = match again {
        None => Label::JoinIntro,
        Some(Again::Unsure) => Label::JoinAgain,
        Some(Again::Wrong) => Label::JoinWrong,
    };
    let name = if let [only] = offers { only.title.as_str() } else { site.name };
    let body = Form {
        said: vec![words.label(said)],
        action: format!("{}/join", site.base),
        fields,
        buttons: vec![button(words.label(Label::Join), "join", false)],
    };
    form(site, language, name, Some(Label::Join), body)
}

/// A page that says one thing.
fn sentence(site: &Site, language: &str, said: String) -> String {
    let body = Form { said: vec![said], action: String::new(), fields: Vec::new(), buttons: Vec::new() };
    form(site, language, site.name, None, body)
}

/// Shown to whoever asked to join, whatever comes of it.
pub fn asked(site: &Site, language: &str, address: &str) -> String {
    let facts = Facts { address, ..Facts::default() };
    sentence(site, language, Words::in_language(language).about(About::JoinAsked, facts))
}

/// The question behind the link of the mail.
pub fn confirm(site: &Site, language: &str, address: &str, title: &str) -> String {
    let words = Words::in_language(language);
    let body = Form {
        said: vec![words.about(About::ConfirmQuestion, Facts { address, title, ..Facts::default() })],
        action: String::new(),
        fields: Vec::new(),
        buttons: vec![button(words.label(Label::Confirm), "confirm", false)],
    };
    form(site, language, site.name, None, body)
}

/// After it was answered, and after a reader came back.
pub fn confirmed(site: &Site, language: &str, address: &str, title: &str) -> String {
    let facts = Facts { address, title, ..Facts::default() };
    sentence(site, language, Words::in_language(language).about(About::Confirmed, facts))
}

/// The reader's own page; `is_saved`: they have just changed it.
pub fn own_page(site: &Site, language: &str, address: &str, wishes: &Wishes, is_saved: bool) -> String {
    let words = Words::in_language(language);
    let one = |name, label: Label, options: Vec<(&str, String, bool)>| Field::Choice {
        name,
        label: words.label(label),
        options: options.into_iter().map(|(value, label, is)| (value.to_owned(), label, is)).collect(),
        is_one: true,
    };
    let format = |value, label, format| (value, label, wishes.format == format);
    let fields = vec![
        choice(words, &wishes.offers),
        one(
            OFTEN,
            Label::HowOften,
            vec![
                ("each", words.label(Label::EveryEdition), !wishes.weekly),
                ("weekly", words.label(Label::OnceAWeek), wishes.weekly),
            ],
        ),
        one(
            FORMAT,
            Label::MailFormat,
            vec![
                format("html", words.label(Label::AsHtml), Format::Html),
                format("text", words.label(Label::AsText), Format::Text),
                // A name, in every language.
                format("epub", "EPUB".into(), Format::Epub),
            ],
        ),
        Field::Line {
            kind: "date",
            name: PAUSE,
            label: words.label(Label::PauseUntil),
            value: wishes.paused_until.clone(),
            hint: "off",
            is_needed: false,
        },
    ];
    let saved = is_saved.then(|| words.label(Label::Saved));
    let body = Form {
        said: saved.into_iter().chain([address.to_owned()]).collect(),
        action: String::new(),
        fields,
        buttons: vec![
            button(words.label(Label::Save), "save", false),
            button(words.label(Label::LeaveAll), LEAVE_ALL, true),
        ],
    };
    form(site, language, site.name, Some(Label::OwnPage), body)
}

/// A mail to a reader that is no edition: its subject and its text.
pub type Written = (String, String);

/// Asks to confirm.
pub fn confirm_letter(language: &str, title: &str, link: &str, sender: &str) -> Written {
    letter(language, (About::ConfirmSubject, About::ConfirmLetter), title, link, None, sender)
}

/// Says that there is nothing to confirm.
pub fn known_letter(language: &str, title: &str, link: &str, sender: &str) -> Written {
    letter(language, (About::KnownSubject, About::KnownLetter), title, link, None, sender)
}

/// Welcomes who has confirmed; with the last edition, if there was one.
pub fn welcome_letter(language: &str, title: &str, link: &str, last: Option<&str>, sender: &str) -> Written {
    letter(language, (About::WelcomeSubject, About::WelcomeLetter), title, link, last, sender)
}

fn letter(
    language: &str,
    (subject, text): (About, About),
    title: &str,
    link: &str,
    last: Option<&str>,
    sender: &str,
) -> Written {
    let words = Words::in_language(language);
    let subject = words.about(subject, Facts { title, ..Facts::default() });
    // In brackets, an address is left whole, here and by mail programs.
    let bracketed = |link: &str| format!("<{link}>");
    let mut text = words.about(text, Facts { title, link: &bracketed(link), ..Facts::default() });
    if let Some(link) = last {
        text.push_str("\n\n");
        text.push_str(&words.about(About::LastEdition, Facts { link: &bracketed(link), ..Facts::default() }));
    }
    // "-- " is the signature separator, and its blank at the end counts.
    (subject, format!("{}-- \n{}\n", super::wrap(&format!("{text}\n\n")), words.sent_by(sender)))
}
