//! Numbers as a row of bars, an eighth of a cell being the least that is seen.
//! It must not know what is counted.

/// Heights of a cell, in eighths.
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A row of bars; anything at all is at least an eighth high.
pub(super) fn row(values: &[u64]) -> String {
    let most = values.iter().copied().max().unwrap_or(0);
    values.iter().map(|value| cell(*value, most, 1, 0)).collect()
}

/// The cell of a bar in `rows` rows, counted from below.
pub(super) fn cell(value: u64, most: u64, rows: usize, row: usize) -> char {
    let eighths = if value == 0 { 0 } else { (value as u128 * rows as u128 * 8 / most.max(1) as u128).max(1) as usize };
    EIGHTHS[eighths.saturating_sub(row * 8).min(8)]
}

/// As many values as there is room for, each the largest of some neighbours.
pub(super) fn squeezed(values: &[u64], room: usize) -> Vec<u64> {
    let each = values.len().div_ceil(room.max(1)).max(1);
    values.chunks(each).map(|some| some.iter().copied().max().unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_at_all_is_seen_and_the_most_is_full() {
        assert_eq!(row(&[0, 1, 500, 1000]), " ▁▄█");
        assert_eq!((cell(1000, 1000, 3, 2), cell(1, 1000, 3, 0), cell(1, 1000, 3, 1)), ('█', '▁', ' '));
        assert_eq!(squeezed(&[1, 9, 2, 3, 5], 3), [9, 3, 5]);
    }
}
