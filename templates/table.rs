//! Which columns of an article's table keep their words whole on a phone. The mail breaks long words
//! everywhere, so that none pushes it off the screen, and a browser then squeezes every column of a
//! table alike: "p99" stands in two lines beside a column with room to spare.

/// What a phone of 375 pixels shows of a table: without the gutters, and without the wider ones of a
/// mail whose `<style>` was dropped.
pub(crate) const PHONE: usize = 335;
pub(crate) const PHONE_UNSTYLED: usize = 287;
/// About how wide a letter of 14 pixels is, and what a cell has around its words.
const LETTER: usize = 7;
const AROUND: usize = 17;

/// For each column, whether its words stay whole on a screen of that width; `inside` is the markup of
/// one table. The widest columns break first, until the others have room.
pub(crate) fn whole_columns(inside: &str, screen: usize) -> Vec<bool> {
    let mut longest: Vec<usize> = Vec::new();
    for row in inside.split("<tr").skip(1) {
        let cells = row.split("<td").flat_map(|part| part.split("<th"));
        for (column, cell) in cells.skip(1).enumerate() {
            let word = longest_word(cell.split_once('>').map_or("", |(_, words)| words));
            match longest.get_mut(column) {
                Some(known) => *known = word.max(*known),
                None => longest.push(word),
            }
        }
    }
    let mut limit = longest.iter().copied().max().unwrap_or(0);
    let width = |limit: usize| -> usize {
        longest.iter().map(|word| AROUND + LETTER * if *word > limit { 1 } else { *word }).sum()
    };
    while limit > 0 && width(limit) > screen {
        limit = longest.iter().copied().filter(|word| *word < limit).max().unwrap_or(0);
    }
    longest.into_iter().map(|word| word <= limit).collect()
}

/// In characters; lines break between any two of Chinese or Japanese, which are not ASCII.
fn longest_word(html: &str) -> usize {
    let (mut longest, mut length, mut in_tag) = (0, 0, false);
    for c in html.chars() {
        match c {
            '<' => in_tag = true,
            '>' => in_tag = false,
            _ if in_tag => {}
            c if c.is_whitespace() || c == '-' || ('\u{2e80}'..'\u{ffff}').contains(&c) => length = 0,
            _ => length += 1,
        }
        longest = longest.max(length);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_words_stay_whole_and_the_longest_give_way() {
        let table = |cells: &[&str]| -> String {
            format!("<tr>{}</tr>", cells.iter().map(|cell| format!("<td>{cell}</td>")).collect::<String>())
        };
        let whole = |cells: &[&str]| whole_columns(&table(cells), PHONE_UNSTYLED);
        assert_eq!(whole(&["p99", "exponential", "12 ms"]), [true, true, true]);
        let five = ["exponential", "p50", "p99", "Requests", "4,000/s"];
        assert_eq!(whole(&five), [false, true, true, true, true]);
        assert_eq!(whole_columns(&table(&five), PHONE), [true; 5]);
        let long = "Donaudampfschifffahrtsgesellschaftskapitän";
        assert_eq!(whole(&["p99", long, "12 <b>ms</b>"]), [true, false, true]);
        assert_eq!(whole(&["港口重新开放", "p99"]), [true, true]);
        assert_eq!(
            whole_columns("<tr><th scope=\"col\">a</th></tr><tr><td>b</td><td>c</td></tr>", PHONE),
            [true, true]
        );
        assert_eq!(whole(&["abcdefgh"; 9]), [false; 9]);
        assert_eq!(whole_columns("", PHONE), Vec::<bool>::new());
    }
}
