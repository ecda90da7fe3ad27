//! What the benchmark of the timing view runs: reading a span, and drawing it; nothing else uses it.

use crate::app::{App, Code, Key, Msg, Place, update};
use crate::model::filter::Saved;
use crate::model::{Anchor, Overview, OverviewWish, Page, PageWish, Scope, Timestamp};
use crate::store::{Reader, Sieve, StoreError, measure};
use crate::ui::{self, Theme};
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::path::Path;

/// A month of events, and a screen.
pub struct Bench {
    reader: Reader,
    terminal: Terminal<TestBackend>,
    app: App,
}

/// Where the month ends: 2026-01-15T12:00:00Z.
const END: i64 = 1_768_478_400_000_000;

impl Bench {
    /// Fills a new log with so many events of a month.
    pub fn fill(path: &Path, events: i64) -> Result<Bench, StoreError> {
        measure::fill_month(path, events, Timestamp(END))?;
        let place = Place {
            urls: Vec::new(),
            store: String::new(),
            zone: TimeZone::UTC,
            allowed: Default::default(),
            saved: Saved::default(),
            keys: Default::default(),
            serves: false,
            warnings: Vec::new(),
            tour: false,
        };
        let mut app = App::new(place, (140, 40), Vec::new());
        let reader = Reader::open(path)?;
        let sieve = Sieve { now: Timestamp(END), zone: &TimeZone::UTC, overtaken: &|_| false };
        let wish = PageWish { anchor: Anchor::Newest, limit: 10, scope: Scope::default(), keep: None };
        let page: Option<Page> = reader.page(&wish, &sieve)?;
        page.into_iter().for_each(|page| drop(update(&mut app, Msg::Page(page, Timestamp(END)))));
        update(&mut app, Msg::Key(Key { code: Code::Char('3'), ctrl: false }, Timestamp(END)));
        let terminal = Terminal::new(TestBackend::new(140, 40))
            .map_err(|e| StoreError::File { path: path.to_owned(), source: std::io::Error::other(e.to_string()) })?;
        Ok(Bench { reader, terminal, app })
    }

    /// Reads a span of so many bars, as the screen does, and shows it; gives how many events and attempts were counted.
    pub fn read(&mut self, bar_us: i64, bars: usize) -> Result<(u64, u64), StoreError> {
        let wish = OverviewWish { to: Timestamp(END), bar_us, bars, filter: None };
        let sieve = Sieve { now: Timestamp(END), zone: &TimeZone::UTC, overtaken: &|_| false };
        let overview: Overview = self.reader.overview(&wish, &sieve)?.unwrap_or_default();
        let counted = (overview.all().arrived, overview.targets.values().map(|target| target.all().tried).sum());
        update(&mut self.app, Msg::Overview(Box::new(overview), Timestamp(END)));
        Ok(counted)
    }

    /// Draws the screen anew.
    pub fn draw(&mut self) {
        let Some(theme) = Theme::named("dark") else { return };
        let app = &self.app;
        // Nothing is written anywhere: it cannot fail.
        let _ = self.terminal.clear();
        let _ = self.terminal.draw(|frame| ui::draw(frame, app, &theme));
    }

    /// What SQLite needs by itself for the same counts, without the delivery times: gives how many events.
    pub fn group_by(&self, path: &Path, bar_us: i64, bars: i64) -> Result<i64, StoreError> {
        measure::group_by(path, END - bar_us * bars, bar_us)
    }
}
