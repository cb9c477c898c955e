//! A whole article's own markup, dressed: every tag that shows gets its style with it, since many
//! mail programs read no other. The markup is the cleaner's, so a `<` in it always begins a tag.

use std::borrow::Cow;

use maud::{Markup, PreEscaped};

use crate::safe::SafeHtml;
use crate::table::{PHONE, PHONE_UNSTYLED, whole_columns};
use crate::theme::{META, PICTURE, RULE, TINT};

/// Element, attributes beside its style, style. `{accent}` is the owner's colour.
const DRESS: [(&str, &str, &str); 17] = [
    ("p", "", "margin:0 0 12px"),
    ("ul", "", "margin:0 0 12px;padding:{22px}"),
    ("ol", "", "margin:0 0 12px;padding:{26px}"),
    ("li", "", "margin:0 0 4px"),
    ("dl", "", "margin:0 0 12px"),
    ("dt", "", "font-weight:bold"),
    ("dd", "", "margin:{dd}"),
    ("h4", "", "margin:22px 0 6px;font-size:17px;line-height:25px"),
    ("h5", "", "margin:18px 0 6px;font-size:15px;line-height:23px"),
    ("h6", "", "margin:18px 0 6px;font-size:15px;line-height:23px"),
    ("a", "", "color:{accent};text-decoration:underline"),
    ("blockquote", "", "margin:0 0 12px;padding:0 14px;border-{start}:3px solid {accent}"),
    (
        "pre",
        " class=\"d-tint\" dir=\"ltr\" align=\"left\"",
        "margin:0 0 12px;padding:12px;background-color:{tint};font-size:13px;line-height:20px;white-space:pre-wrap;word-break:break-word",
    ),
    ("figure", "", "margin:0 0 16px"),
    ("figcaption", " class=\"d-mut\"", "margin:6px 0 0;font-size:13px;line-height:20px;color:{meta}"),
    (
        "table",
        " cellpadding=\"0\" cellspacing=\"0\" border=\"0\"",
        "margin:0 0 12px;border-collapse:collapse;font-size:14px;line-height:20px",
    ),
    ("hr", "", "margin:18px 0;border:0;border-top:1px solid {rule}"),
];
const CELL: &str = "padding:6px 8px;border:1px solid {rule};text-align:start;vertical-align:top{break}";
/// Word knows no `max-width`: without a width it shows a photograph in all its size.
const IMAGE: &str = "display:block;width:auto;max-width:100%;height:auto;background-color:{picture};font-size:13px;line-height:18px;color:{meta}";
const IMAGE_WIDTH: &str = " width=\"576\"";

/// Where an article stands, and in what language.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) accent: &'a str,
    /// Its title is a heading of the third level, not of the second: its own follow without a gap.
    pub(crate) titled: bool,
    /// No Chinese, Japanese or Korean letter slants.
    pub(crate) cjk: bool,
    pub(crate) right_to_left: bool,
}

pub(crate) fn render(html: &SafeHtml, place: Place<'_>) -> Markup {
    let html = html.as_str();
    let mut out = String::with_capacity(html.len() * 3 / 2);
    let mut rest = html;
    let (mut columns, mut column): (Vec<(bool, bool)>, usize) = (Vec::new(), 0);
    while let Some((before, tag)) = rest.split_once('<') {
        out.push_str(before);
        out.push('<');
        let (tag, opens) = match tag.strip_prefix('/') {
            Some(tag) => (tag, false),
            None => (tag, true),
        };
        if !opens {
            out.push('/');
        }
        let end = tag.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(tag.len());
        let (name, after) = tag.split_at(end);
        out.push_str(named(name, place.titled));
        if opens {
            let (attributes, inside) = after.split_once('>').unwrap_or_default();
            match name {
                "table" => {
                    let table = inside.split("</table").next().unwrap_or_default();
                    let unstyled = whole_columns(table, PHONE_UNSTYLED);
                    columns = unstyled.into_iter().zip(whole_columns(table, PHONE)).collect();
                }
                "tr" => column = 0,
                _ => {}
            }
            let dressed = dress(name, attributes, place);
            if matches!(name, "td" | "th") {
                let (whole, styled) = columns.get(column).copied().unwrap_or_default();
                if styled && !whole {
                    out.push_str(" class=\"whole\"");
                }
                out.push_str(&dressed.replace("{break}", if whole { ";word-break:normal" } else { "" }));
                column += 1;
            } else {
                out.push_str(&dressed);
            }
            if name == "img" {
                // Where no pictures are shown, a height would leave a hole.
                let (before, rest_of_tag) = attributes.split_once(" height=\"").unwrap_or((attributes, ""));
                out.push_str(before);
                out.push_str(rest_of_tag.split_once('"').map_or("", |(_, others)| others));
                out.push('>');
                rest = inside;
                continue;
            }
        }
        rest = after;
    }
    out.push_str(rest);
    PreEscaped(out)
}

/// The name of an element in a mail: Outlook knows no figures; headings under a title of the second
/// level are one level higher.
fn named(name: &str, titled: bool) -> &str {
    match (name, titled) {
        ("h4", false) => "h3",
        ("h5", false) => "h4",
        ("h6", false) => "h5",
        ("figure", _) => "div",
        ("figcaption", _) => "p",
        _ => name,
    }
}

fn dress(name: &str, own: &str, place: Place<'_>) -> Cow<'static, str> {
    let (attributes, style) = match name {
        "td" => ("", CELL),
        "th" => (" scope=\"col\"", CELL),
        "img" if own.contains(" width=") => ("", IMAGE),
        "img" => (IMAGE_WIDTH, IMAGE),
        "em" if place.cjk => ("", "font-style:normal"),
        name => match DRESS.iter().find(|(element, ..)| *element == name) {
            Some((_, attributes, style)) => (*attributes, *style),
            None => return Cow::Borrowed(""),
        },
    };
    let (start, dd) = if place.right_to_left { ("right", "0 18px 6px 0") } else { ("left", "0 0 6px 18px") };
    let indent = |width: &str| {
        if place.right_to_left { format!("0 {width} 0 0") } else { format!("0 0 0 {width}") }
    };
    let style = style
        .replace("{22px}", &indent("22px"))
        .replace("{26px}", &indent("26px"))
        .replace("{dd}", dd)
        .replace("{start}", start)
        .replace("{picture}", PICTURE)
        .replace("{accent}", place.accent)
        .replace("{tint}", TINT)
        .replace("{meta}", META)
        .replace("{rule}", RULE);
    Cow::Owned(format!("{attributes} style=\"{style}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_follow_their_title_pictures_have_a_width_and_chinese_stands_upright() {
        let html = SafeHtml::already_clean(
            "<h4>A</h4><h5>B</h5><p><em>杜</em></p><img src=\"x\" width=\"300\"><img src=\"y\">",
        );
        let place = Place { accent: "#A8321E", titled: false, cjk: true, right_to_left: false };
        let shown = render(&html, place).into_string();
        assert!(
            shown.contains("<h3 ") && shown.contains("A</h3><h4 ") && shown.contains("B</h4>"),
            "{shown}"
        );
        assert!(shown.contains("<em style=\"font-style:normal\">"), "{shown}");
        assert_eq!(
            (shown.matches(" width=").count(), shown.matches("width=\"576\"").count()),
            (2, 1),
            "{shown}"
        );
        let shown = render(&html, Place { titled: true, cjk: false, ..place }).into_string();
        assert!(shown.contains("A</h4>") && shown.contains("<em>"), "{shown}");
    }
}
