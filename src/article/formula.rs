//! Formulas (MathML) as a line of text that means the same: `(a+b)/(c-d)`, `r³`, `√(x+1)`.

use dom_query::NodeRef;

use super::blocks::{self, Line, Span, Styles};

/// Formulas nest; deeper than this, only their letters are kept.
const MAX_DEPTH: usize = 40;

/// The formula as its author typed it, if the page says so; else read from its elements.
pub(super) fn line(node: &NodeRef<'_>) -> Line {
    let annotation = node.descendants_it().find(|n| n.has_name("annotation")).map(|n| n.text().to_string());
    let typed = node.attr("alttext").map(|typed| typed.to_string()).or(annotation);
    match typed.map(|typed| typed.trim().to_owned()).filter(|typed| !typed.is_empty()) {
        Some(typed) => words(&typed),
        None => row(node, 0),
    }
}

fn words(text: &str) -> Line {
    vec![Span { text: text.to_owned(), ..Span::default() }]
}

/// Its elements, one after the other.
fn row(node: &NodeRef<'_>, depth: usize) -> Line {
    let mut row = Line::new();
    for part in parts(node) {
        // 3 and a half, not 31 halves.
        let follows_number =
            part.has_name("mfrac") && blocks::text(&row).ends_with(|c: char| c.is_ascii_digit());
        if follows_number {
            row.extend(words(" "));
        }
        row.extend(element(&part, depth));
    }
    row
}

/// The elements in it; of one without any, none.
fn parts<'a>(node: &NodeRef<'a>) -> Vec<NodeRef<'a>> {
    node.children_it(false).filter(NodeRef::is_element).collect()
}

fn element(node: &NodeRef<'_>, depth: usize) -> Line {
    let name = node.node_name().map(|name| name.to_string()).unwrap_or_default();
    let name = name.rsplit(':').next().unwrap_or_default();
    let parts = parts(node);
    if depth >= MAX_DEPTH || parts.is_empty() {
        let letters = node.text().split_whitespace().collect::<Vec<_>>().join(" ");
        // Signs for screen readers: function application, times that nobody writes.
        return words(&letters.replace(|c: char| matches!(c, '\u{2061}'..='\u{2064}'), ""));
    }
    let part = |i: usize| parts.get(i).map(|part| element(part, depth + 1)).unwrap_or_default();
    let inside = || parts.iter().map(|part| element(part, depth + 1)).collect::<Vec<_>>();
    match name {
        "mfrac" => [grouped(part(0)), words("/"), grouped(part(1))].concat(),
        "msqrt" => [words("√"), grouped(row(node, depth + 1))].concat(),
        "mroot" => match blocks::text(&part(1)).as_str() {
            "3" => [words("∛"), grouped(part(0))].concat(),
            "4" => [words("∜"), grouped(part(0))].concat(),
            _ => [shifted("", Styles::SUPERSCRIPT, part(1)), words("√"), grouped(part(0))].concat(),
        },
        // It holds room for what is not shown.
        "mphantom" => Line::new(),
        "msup" | "mover" => [base(part(0)), shifted("^", Styles::SUPERSCRIPT, part(1))].concat(),
        "msub" | "munder" => [base(part(0)), shifted("_", Styles::SUBSCRIPT, part(1))].concat(),
        "msubsup" | "munderover" => [
            base(part(0)),
            shifted("_", Styles::SUBSCRIPT, part(1)),
            shifted("^", Styles::SUPERSCRIPT, part(2)),
        ]
        .concat(),
        "mfenced" => {
            let or = |attribute: &str, usual: &str| {
                node.attr(attribute).map_or(usual.to_owned(), |attribute| attribute.to_string())
            };
            let separator = or("separators", ",").chars().find(|c| !c.is_whitespace());
            let separator = words(&separator.map(String::from).unwrap_or_default());
            [words(&or("open", "(")), inside().join(separator.as_slice()), words(&or("close", ")"))].concat()
        }
        "mtable" => [words("["), inside().join(words("; ").as_slice()), words("]")].concat(),
        "mtr" | "mlabeledtr" => inside().join(words(", ").as_slice()),
        // What follows the first is for programs.
        "semantics" => part(0),
        _ => row(node, depth + 1),
    }
}

/// In brackets, if it is more than a number or a letter.
fn grouped(line: Line) -> Line {
    let text = blocks::text(&line);
    let is_one = text.chars().count() == 1 || text.chars().all(|c| c.is_ascii_digit() || c == '.');
    let is_bracketed = text.starts_with('(') && text.ends_with(')') && text.matches('(').count() == 1;
    if is_one || is_bracketed { line } else { [words("("), line, words(")")].concat() }
}

/// What is raised or marked: in brackets, if it is calculated.
fn base(line: Line) -> Line {
    let is_calculated = blocks::text(&line).contains(['+', '-', '−', '/', '·', '×', '÷', '=']);
    if is_calculated { grouped(line) } else { line }
}

/// Numbers are set high or low, which plain text can do too; anything else follows a sign.
fn shifted(sign: &str, style: Styles, line: Line) -> Line {
    let text = blocks::text(&line);
    let is_number = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '−'));
    let is_flat = line.iter().all(|span| span.styles == Styles::default());
    if is_number && is_flat {
        vec![Span { text, styles: style, ..Span::default() }]
    } else {
        [words(sign), grouped(line)].concat()
    }
}

#[cfg(test)]
mod tests {
    use dom_query::Document;

    use super::super::blocks::Block;
    use super::super::plain;
    use super::*;

    fn read(inside: &str) -> String {
        let document = Document::fragment(format!("<math>{inside}</math>"));
        plain::text(&[Block::paragraph(line(document.select("math").nodes().first().unwrap()))])
    }

    #[test]
    fn a_formula_means_the_same_on_one_line() {
        let sum = "<mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow>";
        assert_eq!(read(&format!("<mfrac>{sum}<mn>12</mn></mfrac>")), "(a+b)/12");
        assert_eq!(read("<msup><mi>r</mi><mn>3</mn></msup>"), "r³");
        assert_eq!(read("<msup><mi>e</mi><mi>x</mi></msup>"), "e^x");
        assert_eq!(read(&format!("<msup><mi>e</mi>{sum}</msup>")), "e^(a+b)");
        assert_eq!(read(&format!("<msup>{sum}<mn>2</mn></msup>")), "(a+b)²");
        assert_eq!(read("<mn>3</mn><mfrac><mn>1</mn><mn>2</mn></mfrac>"), "3 1/2");
        assert_eq!(read("<mi>a</mi><mphantom><mi>b</mi></mphantom>"), "a");
        assert_eq!(read("<msubsup><mi>q</mi><mn>1</mn><mn>2</mn></msubsup>"), "q₁²");
        assert_eq!(read("<msqrt><mi>x</mi><mo>+</mo><mn>1</mn></msqrt>"), "√(x+1)");
        assert_eq!(read("<mroot><mi>y</mi><mn>5</mn></mroot>"), "⁵√y");
        assert_eq!(
            read(
                "<mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd></mtr><mtr><mtd><mn>3</mn></mtd><mtd><mn>4</mn></mtd></mtr></mtable>"
            ),
            "[1, 2; 3, 4]"
        );
        assert_eq!(read("<semantics><mi>x</mi><annotation encoding=t>x_1</annotation></semantics>"), "x_1");
    }
}
