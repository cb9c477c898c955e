//! A web page for a reader: one question or one sentence, in the look of the mail.

use maud::{DOCTYPE, PreEscaped, html};

use crate::theme::{DARK_INK, DARK_PAGE, DARK_SHEET, INK, PAGE, SHEET, fonts};
use crate::view::Page;

/// Renders a page.
pub fn render(page: &Page) -> String {
    let language = &page.language;
    let style = format!(
        "body{{margin:0;padding:10vh 16px;background:{PAGE};color:{INK};font-family:{};font-size:18px;line-height:28px}}\
         main{{max-width:32em;margin:0 auto;padding:32px;background:{SHEET};border-top:3px solid {INK}}}\
         h1{{margin:0;font:inherit}}p{{margin:24px 0 0}}a{{color:inherit}}button{{margin:24px 0 0;padding:12px 24px;font:inherit;font-weight:bold;color:{SHEET};background:{accent};border:0}}\
         @media (prefers-color-scheme:dark){{body{{background:{DARK_PAGE};color:{DARK_INK}}}main{{background:{DARK_SHEET};border-color:{DARK_INK}}}button{{background:{dark};color:{DARK_PAGE}}}}}",
        fonts(language),
        accent = page.theme.accent,
        dark = page.theme.accent_dark,
    );
    let markup = html! {
        (DOCTYPE)
        html lang=(language.tag) dir=(language.dir()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (page.title) }
                style { (PreEscaped(style)) }
            }
            body {
                main {
                    h1 dir="auto" { (page.text) }
                    @if let Some((button, action)) = &page.button {
                        form method="post" action=[Some(action).filter(|action| !action.is_empty())] { button type="submit" { (button) } }
                    }
                    @if let Some(link) = &page.link {
                        p { a href=(link.link.as_deref().unwrap_or_default()) { (link.title) } }
                    }
                }
            }
        }
    };
    markup.into_string()
}
