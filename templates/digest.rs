//! The whole HTML mail: head, canvas, sheet, and the parts in their order.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::theme::{self, PAGE, SHEET};
use crate::view::{Digest, Language, Layout, Story};
use crate::{briefing, contents, footer, masthead, section, story, updated};

/// Renders the HTML part.
pub fn render(digest: &Digest) -> String {
    page(digest).into_string()
}

fn page(digest: &Digest) -> Markup {
    let language = &digest.language;
    let font = theme::fonts(language);
    let masthead = masthead::render(digest);
    let stories = stories(digest);
    let updated = digest.updated.as_ref().map(updated::render);
    let footer = footer::render(digest, false);
    let parts = [Some(&masthead), Some(&stories), updated.as_ref(), Some(&footer)];
    let is_odd = parts.into_iter().flatten().map(|part| addresses(&part.0)).sum::<usize>() % 2 == 1;
    let footer = if is_odd { footer::render(digest, true) } else { footer };
    html! {
        (DOCTYPE)
        html lang=(language.tag) dir=(language.dir()) xmlns="http://www.w3.org/1999/xhtml" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="supported-color-schemes" content="light dark";
                meta name="format-detection" content="telephone=no,date=no,address=no,email=no";
                title { (digest.title) }
                style { (PreEscaped(theme::STYLE)) }
                style { (PreEscaped(theme::dark_style(&digest.theme.accent_dark))) }
                style { (PreEscaped(theme::outlook_dark_style(&digest.theme.accent_dark))) }
                @if !digest.theme.css.is_empty() { style { (PreEscaped(&digest.theme.css)) } }
                (PreEscaped("<!--[if mso]><style>td,h1,h2,h3,p,a,li{font-family:Arial,sans-serif!important}</style><![endif]-->"))
            }
            body class="d-page" style={ "margin:0;padding:0;background-color:" (PAGE) } {
                div lang=(language.tag) dir=(language.dir()) class="d-page" style={ "background-color:" (PAGE) ";word-break:break-word" } {
                    div style="display:none;max-height:0;overflow:hidden;mso-hide:all" { (digest.preheader) }
                    table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" {
                        tr {
                            td class="canvas" align="center" style="padding:24px 12px" {
                                (PreEscaped("<!--[if mso]><table role=\"presentation\" width=\"640\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\"><tr><td><![endif]-->"))
                                table class="d-sheet" role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"
                                    style={ "max-width:640px;margin:0 auto;background-color:" (SHEET) ";font-family:" (font) ";text-align:" (theme::side(language)) ";word-break:break-word" } {
                                    (masthead)
                                    (stories)
                                    @if let Some(updated) = updated { (updated) }
                                    tr { td style="height:32px;line-height:32px;font-size:2px" { "\u{a0}" } }
                                }
                                table class="d-page" role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"
                                    style={ "max-width:640px;margin:0 auto;background-color:" (PAGE) ";font-family:" (font) ";word-break:break-word" } {
                                    (footer)
                                }
                                (PreEscaped("<!--[if mso]></td></tr></table><![endif]-->"))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// How many addresses a part leads to or shows pictures of. A filter of spam (rspamd, URI_COUNT_ODD)
/// takes an odd number for a sign of two parts that differ, so each has an even one where it can. It
/// counts the address of a picture in that of its proxy too.
pub(crate) fn addresses(part: &str) -> usize {
    ["href=\"http", "src=\"http", "<http", "?url="].iter().map(|address| part.matches(address).count()).sum()
}

/// The lead, what else is inside, and the sections without it.
fn stories(digest: &Digest) -> Markup {
    let (language, accent) = (&digest.language, digest.theme.accent.as_str());
    let lead = digest.sections.first().and_then(|section| Some((section, section.stories.first()?)));
    let lead = lead.filter(|(_, story)| story.layout == Layout::Lead);
    html! {
        @if let Some(briefing) = &digest.briefing { (briefing::render(briefing, language, accent)) }
        @if let Some((section, lead)) = lead { (story::lead(lead, section.heading.as_deref(), language, accent)) }
        @if let Some(contents) = &digest.contents { (contents::render(contents, language, accent)) }
        @for (i, section) in digest.sections.iter().enumerate() {
            @let stories = section.stories.get(usize::from(i == 0 && lead.is_some())..).unwrap_or_default();
            @if !stories.is_empty() { (section::render(section, stories, language, accent)) }
        }
    }
}

/// A story alone, as the HTML part shows it.
pub fn story(story: &Story, frame: &Language, accent: &str) -> String {
    story::render(story, frame, accent, story::Position { ruled: true, titled: true }).into_string()
}

/// A line of parts that may break between, not inside them.
pub(crate) fn parts(parts: &[String]) -> Markup {
    html! {
        @for (i, part) in parts.iter().enumerate() {
            @if i > 0 { " · " }
            // A long outlet name must break, a date must not.
            @if part.chars().count() <= 24 { span style="white-space:nowrap" { (part) } } @else { (part) }
        }
    }
}
