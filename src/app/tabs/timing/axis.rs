//! Where a moment stands among so many cells: true to scale, logarithmic, or with idle time folded away.
//! It must not know what happened at a moment; moments are microseconds since the first byte.

/// How time is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// The capture and each busy time after it have a scale of their own; what is idle between is folded.
    #[default]
    Folded,
    /// True to scale.
    Linear,
    /// Each tenfold takes as much room.
    Log,
}

impl Scale {
    /// The next one.
    pub fn next(self) -> Scale {
        match self {
            Scale::Folded => Scale::Linear,
            Scale::Linear => Scale::Log,
            Scale::Log => Scale::Folded,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Scale::Folded => "folded",
            Scale::Linear => "linear",
            Scale::Log => "log",
        }
    }
}

/// Idle times longer than this are folded, in microseconds.
const IDLE_US: i64 = 200_000;
/// Cells of a fold, and where there are many of them.
const FOLD: usize = 3;
const NARROW_FOLD: usize = 1;
/// Cells of a moment that stands alone.
const MOMENT: usize = 1;
/// The part of the cells that the capture has where something follows it, in hundredths.
const CAPTURE_SHARE: usize = 34;
/// A logarithmic axis begins to stretch here, in microseconds.
const LOG_FROM_US: f64 = 50.0;

/// A stretch of time with a scale of its own.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Piece {
    from: i64,
    to: i64,
    at: usize,
    cells: usize,
}

/// An axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    pieces: Vec<Piece>,
    log: bool,
}

impl Axis {
    /// An axis of `cells` for the capture, which ends at `acked`, and what was busy after it.
    pub(super) fn new(scale: Scale, acked: i64, busy: &[(i64, i64)], cells: usize) -> Axis {
        let end = busy.iter().map(|(_, to)| *to).chain([acked, 1]).max().unwrap_or(1);
        match scale {
            Scale::Folded => Axis::folded(acked.max(1), busy, cells),
            Scale::Linear => Axis::over((0, end), cells),
            Scale::Log => Axis { log: true, ..Axis::over((0, end), cells) },
        }
    }

    /// An axis of one stretch, true to scale.
    pub(super) fn over((from, to): (i64, i64), cells: usize) -> Axis {
        Axis { pieces: vec![Piece { from, to: to.max(from + 1), at: 0, cells }], log: false }
    }

    fn folded(acked: i64, busy: &[(i64, i64)], cells: usize) -> Axis {
        let after = || busy.iter().map(|(from, to)| (*from.max(&acked), *to)).filter(|(from, to)| to > from);
        let (mut idle, mut stretches) = (IDLE_US, merged(after(), IDLE_US));
        if stretches.is_empty() {
            return Axis::over((0, acked), cells);
        }
        // Where there is no room for all of them those that are near each other are drawn together.
        while stretches.len() * (NARROW_FOLD + 1) + 2 > cells * 2 / 3 && stretches.len() > 1 {
            idle = idle.saturating_mul(2);
            stretches = merged(after(), idle);
        }
        let fold = if stretches.len() * (2 * FOLD + 2) > cells { NARROW_FOLD } else { FOLD };
        let apart = |before: i64, from: i64| if from - before > IDLE_US { fold } else { 0 };
        let mut before = acked;
        let folds: Vec<usize> =
            stretches.iter().map(|(from, to)| apart(std::mem::replace(&mut before, *to), *from)).collect();
        // A mere moment needs no scale.
        let weight = |(from, to): &(i64, i64)| match to - from {
            0..=1 => 0.0,
            us => (2.0 + us as f64 / 1e3).log2(),
        };
        let weights: Vec<f64> = stretches.iter().map(weight).collect();
        let moments = weights.iter().filter(|weight| **weight == 0.0).count() * MOMENT;
        let free = cells.saturating_sub(moments + folds.iter().sum::<usize>());
        let sum: f64 = weights.iter().sum();
        let capture = if sum == 0.0 { free } else { cells * CAPTURE_SHARE / 100 }.max(1);
        let room = free.saturating_sub(capture);
        let mut pieces = vec![Piece { from: 0, to: acked, at: 0, cells: capture }];
        let mut at = capture;
        for (n, ((from, to), weight)) in stretches.iter().zip(&weights).enumerate() {
            at += folds[n];
            let cells = if *weight == 0.0 { MOMENT } else { ((weight / sum * room as f64) as usize).max(1) };
            pieces.push(Piece { from: *from, to: *to, at, cells });
            at += cells;
        }
        Axis { pieces, log: false }
    }

    /// The cell of a moment; before and after the axis its edges.
    pub(super) fn cell(&self, at: i64) -> usize {
        let Some(piece) = self.pieces.iter().rev().find(|piece| piece.from <= at).or(self.pieces.first()) else {
            return 0;
        };
        let done = if self.log {
            let stretched = |us: i64| (us.max(0) as f64 / LOG_FROM_US).ln_1p();
            stretched(at) / stretched(piece.to).max(f64::MIN_POSITIVE)
        } else {
            (at - piece.from) as f64 / (piece.to - piece.from).max(1) as f64
        };
        piece.at + ((done.clamp(0.0, 1.0) * piece.cells as f64) as usize).min(piece.cells)
    }

    /// Whether a moment stands on it.
    pub(super) fn holds(&self, at: i64) -> bool {
        let (first, last) = (self.pieces.first(), self.pieces.last());
        first.is_some_and(|piece| piece.from <= at) && last.is_some_and(|piece| at <= piece.to)
    }

    /// The cells in which time is left out.
    pub(super) fn folds(&self) -> Vec<usize> {
        self.pieces.windows(2).flat_map(|two| two[0].at + two[0].cells..two[1].at).collect()
    }

    /// Moments worth a label, with their cells: where a piece begins, and where the axis ends.
    pub(super) fn labels(&self) -> Vec<(usize, i64)> {
        let end = |piece: &Piece| (piece.at + piece.cells, piece.to);
        let ends = self.pieces.last().filter(|last| last.to - last.from > 1).map(end);
        let middle = (self.pieces.len() == 1).then(|| self.middle()).flatten();
        let begins = self.pieces.iter().map(|piece| (piece.at, piece.from));
        begins.chain(middle).chain(ends).collect()
    }

    fn middle(&self) -> Option<(usize, i64)> {
        let piece = self.pieces.first()?;
        let at = match self.log {
            true => (LOG_FROM_US * ((piece.to as f64 / LOG_FROM_US).ln_1p() / 2.0).exp_m1()) as i64,
            false => piece.from + (piece.to - piece.from) / 2,
        };
        Some((self.cell(at), at))
    }
}

/// Stretches in the order of time; those with little time between are one.
fn merged(stretches: impl Iterator<Item = (i64, i64)>, idle: i64) -> Vec<(i64, i64)> {
    let mut all: Vec<(i64, i64)> = stretches.collect();
    all.sort_unstable();
    let mut out: Vec<(i64, i64)> = Vec::new();
    for (from, to) in all {
        match out.last_mut().filter(|last| from - last.1 <= idle) {
            Some(last) => last.1 = last.1.max(to),
            None => out.push((from, to)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn idle_time_takes_no_room_and_the_capture_keeps_its_own_scale() {
        let axis = Axis::new(Scale::Folded, 4_000, &[(3_500, 40_000), (5_000_000, 5_050_000)], 60);
        assert_eq!((axis.cell(0), axis.cell(2_000), axis.cell(4_000)), (0, 10, 20));
        assert_eq!(axis.folds().len(), FOLD);
        assert!(axis.cell(5_000_000) > axis.cell(40_000) && axis.cell(5_050_000) <= 60);
        let linear = Axis::new(Scale::Linear, 4_000, &[(3_500, 40_000), (5_000_000, 5_050_000)], 60);
        assert_eq!((linear.cell(4_000), linear.cell(5_050_000), linear.folds().len()), (0, 60, 0));
        let log = Axis::new(Scale::Log, 4_000, &[(5_000_000, 5_050_000)], 60);
        assert!(log.cell(4_000) > 15 && log.cell(400_000) > log.cell(4_000));
    }

    proptest! {
        #[test]
        fn what_is_later_never_stands_before(
            mut moments in proptest::collection::vec(0i64..400_000_000, 2..12),
            acked in 1i64..4_000_000,
            cells in 1usize..140,
        ) {
            let busy: Vec<(i64, i64)> = moments.chunks(2).map(|two| (two[0], two[0] + 1 + two[two.len() - 1] % 900_000)).collect();
            moments.sort_unstable();
            for scale in [Scale::Folded, Scale::Linear, Scale::Log] {
                let axis = Axis::new(scale, acked, &busy, cells);
                let at: Vec<usize> = moments.iter().map(|moment| axis.cell(*moment)).collect();
                prop_assert!(at.windows(2).all(|two| two[0] <= two[1]), "{:?} {:?}", axis, at);
                prop_assert!(axis.folds().iter().all(|cell| *cell <= cells.max(8)), "{:?}", axis);
            }
        }
    }
}
