//! The screen for a terminal that shows nothing but ASCII: frames and signs by their nearest likeness.
//! It must not change the layout: every cell stays where it is.

use ratatui::buffer::Buffer;

/// The signs of this interface, and what stands for each.
const SIGNS: [(&str, &str); 12] = [
    ("▌", ">"),
    ("│║", "|"),
    ("─═", "-"),
    ("┌┐└┘╔╗╚╝", "+"),
    ("●", "*"),
    ("•", "o"),
    ("✗▲", "!"),
    ("▾", "v"),
    ("▸", ">"),
    ("·", "."),
    ("…", "~"),
    ("—", "-"),
];

/// Puts ASCII in place of everything else.
pub fn to_ascii(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        let Some(first) = cell.symbol().chars().next().filter(|c| !c.is_ascii()) else { continue };
        let sign = SIGNS.iter().find(|(signs, _)| signs.contains(first)).map(|(_, sign)| *sign);
        let sign = match first {
            '▁'..='▃' => ".",
            '▄'..='▆' => ":",
            '▇' | '█' => "#",
            '‹' => "<",
            '›' => ">",
            // A sender's own letters: that there is one can be seen, which one in the body as hex.
            _ => sign.unwrap_or("?"),
        };
        cell.set_symbol(sign);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    #[test]
    fn every_cell_is_ascii_and_stays_where_it_is() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 1));
        buffer.set_string(0, 0, "│▌• grün 漢 ▇…", Style::new());
        to_ascii(&mut buffer);
        let text: String = buffer.content.iter().map(|cell| cell.symbol()).collect();
        assert_eq!(text.trim_end(), "|>o gr?n ?  #~");
    }
}
