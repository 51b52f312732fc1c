//! Windows and freezes compared with a naive model that walks the clock minute by minute.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic fails the test, as it should"
)]

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use proptest::prelude::*;
use sluice_rollout::{Calendar, Freeze, Opening, Window};

/// Zones with a date near which their clocks change.
const CHANGES: &[(&str, &str)] = &[
    ("Europe/Berlin", "2026-03-29"),
    ("Europe/Berlin", "2026-10-25"),
    ("America/New_York", "2026-03-08"),
    ("America/New_York", "2026-11-01"),
    ("Australia/Lord_Howe", "2026-04-05"),
    ("Australia/Lord_Howe", "2026-10-04"),
    ("America/Santiago", "2026-04-04"),
    ("America/Santiago", "2026-09-05"),
    ("Pacific/Apia", "2011-12-30"),
    ("America/Scoresbysund", "2026-03-28"),
    ("Asia/Kolkata", "2026-03-29"),
    ("UTC", "2026-06-30"),
];

const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The instant at which the local clock of `zone` first shows `moment` or later, found by walking the clock. Where a
/// clock change skips `moment`, jiff's offset before the change applies: as much later as the clock jumped.
fn local(zone: &TimeZone, moment: DateTime) -> Timestamp {
    let shown = |at: Timestamp| zone.to_datetime(at);
    let mut at =
        Timestamp::from_second(moment.to_zoned(TimeZone::UTC).unwrap().timestamp().as_second() - 40 * 3600)
            .unwrap();
    let mut before = shown(at);
    loop {
        let now = shown(at);
        if now == moment {
            return at;
        }
        if now > moment {
            // Skipped: go on by what was left when the clock jumped.
            let left = moment.duration_since(before);
            return at - SignedDuration::from_mins(1) + left;
        }
        before = now;
        at += SignedDuration::from_mins(1);
    }
}

/// The openings of a window on each of the days around `date`.
fn openings(
    zone: &TimeZone,
    days: &[bool; 7],
    from: Time,
    to: Time,
    date: Date,
) -> Vec<(Timestamp, Timestamp)> {
    let mut openings = Vec::new();
    for offset in -5..=12 {
        let day = date.checked_add(offset.days()).unwrap();
        let weekday = usize::try_from(day.weekday().to_monday_zero_offset()).unwrap();
        let exists = (0..48).any(|half| {
            let noon = day.to_datetime(Time::midnight()).to_zoned(TimeZone::UTC).unwrap().timestamp();
            (-1..=1).any(|side| {
                let at = noon + SignedDuration::from_mins(half * 30) + SignedDuration::from_hours(side * 13);
                zone.to_datetime(at).date() == day
            })
        });
        if !days[weekday] || !exists {
            continue;
        }
        let last = if to <= from { day.tomorrow().unwrap() } else { day };
        let (start, end) = (local(zone, day.to_datetime(from)), local(zone, last.to_datetime(to)));
        if start < end {
            openings.push((start, end));
        }
    }
    openings
}

fn window() -> impl Strategy<Value = ([bool; 7], (i8, i8), (i8, i8))> {
    let time = || (0_i8..24, prop::sample::select(vec![0_i8, 15, 30, 45]));
    (prop::array::uniform7(any::<bool>()), time(), time())
        .prop_filter("at least one day", |(days, _, _)| days.iter().any(|day| *day))
}

fn text(days: &[bool; 7]) -> String {
    let days: Vec<&str> =
        WEEKDAYS.iter().zip(days).filter(|(_, open)| **open).map(|(name, _)| *name).collect();
    days.join(",")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn windows_are_the_instants_between_local_start_and_local_end(
        change in prop::sample::select(CHANGES.to_vec()),
        (days, from, to) in window(),
        offset in -36_i64 * 60..36 * 60,
    ) {
        let (name, date) = change;
        let zone = TimeZone::get(name).unwrap();
        let date: Date = date.parse().unwrap();
        let (start, end) = (Time::constant(from.0, from.1, 0, 0), Time::constant(to.0, to.1, 0, 0));
        let window = Window::parse(
            &text(&days),
            &format!("{:02}:{:02}", from.0, from.1),
            &format!("{:02}:{:02}", to.0, to.1),
            name,
        ).unwrap();
        let expected = openings(&zone, &days, start, end, date);
        let first = local(&zone, date.to_datetime(Time::midnight())) + SignedDuration::from_mins(offset);
        for minute in (0..24 * 60).step_by(13) {
            let at = first + SignedDuration::from_mins(minute);
            let closes = expected.iter().filter(|(start, end)| *start <= at && at < *end).map(|(_, end)| *end).max();
            prop_assert_eq!(window.closes_at(at), closes, "{} at {}", &window, at);
            prop_assert_eq!(window.is_open(at), closes.is_some());
            let next = expected.iter().map(|(start, _)| *start).filter(|start| *start > at).min();
            if next.is_some() {
                prop_assert_eq!(window.next_opening(at), next, "{} after {}", &window, at);
            }
        }
        let json = serde_json::to_string(&window).unwrap();
        prop_assert_eq!(serde_json::from_str::<Window>(&json).unwrap(), window);
    }

    #[test]
    fn a_calendar_is_open_when_a_window_is_and_no_freeze(
        change in prop::sample::select(CHANGES.to_vec()),
        windows in prop::collection::vec(window(), 0..3),
        freezes in prop::collection::vec((0_i64..96, 1_i64..48), 0..3),
    ) {
        let (name, date) = change;
        let date: Date = date.parse().unwrap();
        let windows: Vec<Window> = windows.iter().map(|(days, from, to)| Window::parse(
            &text(days),
            &format!("{:02}:{:02}", from.0, from.1),
            &format!("{:02}:{:02}", to.0, to.1),
            name,
        ).unwrap()).collect();
        let base = date.checked_sub(2.days()).unwrap().to_datetime(Time::midnight());
        let freezes: Vec<Freeze> = freezes.iter().map(|(start, hours)| {
            let from = base.checked_add(start.hours()).unwrap();
            let to = from.checked_add(hours.hours()).unwrap();
            Freeze::parse(&from.to_string(), &to.to_string(), "UTC", "").unwrap()
        }).collect();
        let calendar = Calendar { windows: &windows, freezes: &freezes };
        let start = base.to_zoned(TimeZone::UTC).unwrap().timestamp();
        let open = |at: Timestamp| {
            (windows.is_empty() || windows.iter().any(|window| window.is_open(at)))
                && !freezes.iter().any(|freeze| freeze.start() <= at && at < freeze.end())
        };
        let minutes: Vec<bool> = (0..5 * 24 * 60).map(|minute| open(start + SignedDuration::from_mins(minute))).collect();
        for minute in (0..4 * 24 * 60).step_by(97) {
            let at = start + SignedDuration::from_mins(i64::try_from(minute).unwrap());
            let after = |state: bool| minutes[minute..].iter().position(|open| *open == state)
                .map(|distance| at + SignedDuration::from_mins(i64::try_from(distance).unwrap()));
            match calendar.at(at) {
                Opening::Open { closes_at } => {
                    prop_assert!(minutes[minute]);
                    if let Some(closed) = after(false) {
                        prop_assert_eq!(closes_at, Some(closed));
                    }
                }
                Opening::Closed { opens_at } => {
                    prop_assert!(!minutes[minute]);
                    match after(true) {
                        Some(opened) => prop_assert_eq!(opens_at, Some(opened)),
                        None => prop_assert!(opens_at.is_some_and(|opens_at| calendar.is_open(opens_at))),
                    }
                }
            }
        }
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn a_night_in_berlin_is_as_long_as_its_clock_says() {
    let window = Window::parse("daily", "22:00", "04:00", "Europe/Berlin").unwrap();
    for (start, end) in [
        ("2026-03-27T21:00Z", "2026-03-28T03:00Z"),
        ("2026-03-28T21:00Z", "2026-03-29T02:00Z"),
        ("2026-10-24T20:00Z", "2026-10-25T03:00Z"),
    ] {
        assert_eq!(window.closes_at(at(start)), Some(at(end)));
        assert_eq!(window.next_opening(at(start) - SignedDuration::from_secs(1)), Some(at(start)));
        assert!(!window.is_open(at(end)));
    }
}

#[test]
fn a_skipped_time_is_that_much_later_and_a_repeated_one_is_the_first() {
    let window = |from, to| Window::parse("sun", from, to, "Europe/Berlin").unwrap();
    let spring = at("2026-03-29T00:00Z");
    assert_eq!(window("02:30", "05:00").next_opening(spring), Some(at("2026-03-29T01:30Z")));
    let autumn = at("2026-10-25T00:00Z");
    assert_eq!(window("02:30", "02:45").next_opening(autumn), Some(at("2026-10-25T00:30Z")));
    assert!(!window("02:30", "02:45").is_open(at("2026-10-25T01:35Z")));
    // From 02:30, which becomes 03:30, to 03:15 is nothing.
    assert_eq!(window("02:30", "03:15").next_opening(spring), Some(at("2026-04-05T00:30Z")));
}

#[test]
fn a_day_that_a_zone_skips_has_no_window() {
    let window = Window::parse("fri", "10:00", "12:00", "Pacific/Apia").unwrap();
    assert_eq!(window.next_opening(at("2011-12-28T00:00Z")), Some(at("2012-01-05T20:00Z")));
}

#[test]
fn days_are_ranges_lists_and_daily() {
    for (days, written) in [
        ("mon-thu", "mon-thu"),
        ("sat,sun", "sat,sun"),
        ("fri-mon", "fri-mon"),
        ("Mon - Fri", "mon-fri"),
        ("daily", "daily"),
        ("mon-sun", "daily"),
        ("mon,wed-fri", "mon,wed-fri"),
        ("sun-mon", "sun,mon"),
        ("tue", "tue"),
    ] {
        let window = Window::parse(days, "1:00", "24:00", "utc").unwrap();
        assert_eq!(window.to_string(), format!("{written} 01:00 to 00:00 UTC"));
    }
}

#[test]
fn bad_windows_and_freezes_are_refused_with_the_allowed_values() {
    for (days, from, to, zone, part) in [
        ("monday", "22:00", "04:00", "UTC", "`monday` are not days: write daily, a range such as mon-thu"),
        ("", "22:00", "04:00", "UTC", "`` are not days"),
        ("mon-", "22:00", "04:00", "UTC", "`mon-` are not days"),
        ("mon", "25:00", "04:00", "UTC", "`25:00` is not a time of day: write it from 00:00 to 24:00"),
        ("mon", "22:00", "4pm", "UTC", "`4pm` is not a time of day"),
        ("mon", "22:00", "+4:00", "UTC", "`+4:00` is not a time of day"),
        ("mon", "22:00", "04:00", "Europe/Berln", "`Europe/Berln` is not a time zone: write an IANA name"),
    ] {
        let message = Window::parse(days, from, to, zone).unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    }
    for (from, to, zone, part) in [
        ("tomorrow", "2026-01-01", "UTC", "`tomorrow` is not a date"),
        ("2026-01-01", "2026-02-30", "UTC", "`2026-02-30` is not a date"),
        ("2026-01-01T10:00Z", "2026-02-01", "UTC", "`2026-01-01T10:00Z` is not a date"),
        ("2026-01-01T10:00-05:00", "2026-02-01", "UTC", "without an offset"),
        ("2026-01-02", "2026-01-01", "UTC", "ends on `2026-01-01`, before it begins on `2026-01-02`"),
        ("2026-01-02", "2026-01-03", "Mars", "`Mars` is not a time zone"),
    ] {
        let message = Freeze::parse(from, to, zone, "x").unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn a_freeze_includes_its_last_day_and_beats_a_window() {
    let freeze = Freeze::parse("2026-12-24", "2026-12-26", "Europe/Berlin", "holidays").unwrap();
    assert_eq!((freeze.start(), freeze.end()), (at("2026-12-23T23:00Z"), at("2026-12-26T23:00Z")));
    let hours = Freeze::parse("2026-12-24T18:00", "2026-12-24 20:00", "Europe/Berlin", "").unwrap();
    assert_eq!((hours.start(), hours.end()), (at("2026-12-24T17:00Z"), at("2026-12-24T19:00Z")));
    let window = [Window::parse("daily", "22:00", "04:00", "Europe/Berlin").unwrap()];
    let freezes = [freeze];
    let calendar = Calendar { windows: &window, freezes: &freezes };
    assert_eq!(
        calendar.at(at("2026-12-24T22:00Z")),
        Opening::Closed { opens_at: Some(at("2026-12-26T23:00Z")) }
    );
    assert_eq!(
        calendar.at(at("2026-12-23T22:00Z")),
        Opening::Open { closes_at: Some(at("2026-12-23T23:00Z")) }
    );
}
