use std::sync::Arc;

use sluice_faults::{Cell, Point, SqliteTarget, Stage, Table};

use crate::cells::{self, Fresh};

const A_ROW: &str =
    "a ledger row takes microseconds; only the test makes it last, and it must not be cut short";

fn matrix() -> Vec<Cell> {
    let fresh: Fresh = Arc::new(SqliteTarget::create);
    let mut cells = Vec::new();
    for point in Point::ALL {
        if point == Point::E {
            for fault in [1, 2, 3, 5, 6, 10, 11, 12, 18] {
                cells.push(Cell::none(
                    point,
                    fault,
                    "COMMIT is a function call: the sweep over system calls stops inside it",
                ));
            }
            continue;
        }
        let second = match point {
            Point::C | Point::D => second_inherits,
            Point::H => second_finds_it_locked,
            _ => cells::second,
        };
        for (fault, act) in [(1, cells::kill as fn(&Fresh, Point)), (10, second), (18, cells::interrupt)] {
            if point == Point::D && fault == 18 {
                cells.push(Cell::none(point, fault, A_ROW));
                continue;
            }
            let fresh = Arc::clone(&fresh);
            cells.push(Cell::new(point, fault, move || act(&fresh, point)));
        }
        match point {
            Point::C | Point::D | Point::H => {
                cells.push(Cell::none(
                    point,
                    2,
                    "a process that stands inside a transaction keeps everybody out of the file",
                ));
            }
            _ => {
                let fresh = Arc::clone(&fresh);
                cells.push(Cell::new(point, 2, move || cells::zombie(&fresh, point)));
            }
        }
        for fault in [3, 5, 6] {
            cells.push(Cell::none(point, fault, "there is no connection, no session and no server"));
        }
        match point {
            Point::D => cells.push(Cell::none(point, 12, A_ROW)),
            Point::C => {
                let fresh = Arc::clone(&fresh);
                cells.push(Cell::new(point, 12, move || cells::statement_timeout(&fresh, point)));
            }
            _ => cells.push(Cell::none(
                point,
                12,
                "no statement of the user's runs there, or VACUUM, which only waits",
            )),
        }
        cells.push(Cell::none(point, 15, "there is no secret"));
        if point != Point::B {
            cells.push(Cell::none(
                point,
                11,
                "there is one lock for the whole file, and transactions begin with it",
            ));
        }
        cells.push(Cell::none(
            point,
            17,
            "what a human does by hand meets transactions, which are all or nothing",
        ));
    }
    for fault in ["j:abort:2", "j:abort:3", "f:abort:2", "f:abort:3", "f:abort:4"] {
        let here = Arc::clone(&fresh);
        let point = if fault.starts_with('j') { Point::J } else { Point::F };
        cells.push(Cell::new(point, 1, move || cells::abort(&here, fault)).called(fault));
    }
    let here = Arc::clone(&fresh);
    cells.push(
        Cell::new(Point::J, 10, move || cells::second_of_install(&here, Point::J)).called("same install"),
    );
    let here = Arc::clone(&fresh);
    cells.push(Cell::new(Point::B, 11, move || writer_in_the_way(&here)));
    let here = Arc::clone(&fresh);
    cells.push(
        Cell::new(Point::J, 2, move || {
            crate::postgres::refused_by_the_fence_after(&Stage::new(here()), Point::J)
        })
        .called("the lock file is removed"),
    );
    cells
}

/// 10 where the first runner cannot be let go without ending it: the second one takes over.
fn second_inherits(fresh: &Fresh, point: Point) {
    let stage = Stage::new(fresh());
    let reached = stage.reach(point);
    let other = stage.second_install();
    let mut second = other.start(&["deploy"], None);
    second.wait_for("for another run");
    // Stopped, so that it meets the database as it is after the test has let go.
    second.signal("STOP");
    reached.runner.kill();
    drop(reached.hold);
    second.signal("CONT");
    second.end().expect(0);
    stage.check_end();
}

/// 10 while a commit waits for readers, which keeps new readers out: said as it is, and the same command works later.
fn second_finds_it_locked(fresh: &Fresh, point: Point) {
    let stage = Stage::new(fresh());
    let reached = stage.reach(point);
    let other = stage.second_install();
    other.deploy().expect(4).says("database is locked");
    drop(reached.hold);
    reached.runner.end().expect(0);
    other.deploy().expect(0);
    stage.check_end();
}

/// 11: another program writes to the file: bounded, named, resumable.
fn writer_in_the_way(fresh: &Fresh) {
    let stage = Stage::new(fresh());
    stage.configure("lock_timeout = \"300ms\"\nlock_attempts = 2");
    let url = stage.target.url();
    let writer = rusqlite::Connection::open(url.trim_start_matches("sqlite:")).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    let myself = format!("pid {}", std::process::id());
    stage.start().end().expect(4).says("no lock at try 1 of 2").says(&myself);
    writer.execute_batch("ROLLBACK").unwrap();
    stage.check_wreck();
    stage.project.deploy().expect(0);
    stage.check_end();
}

#[test]
fn every_cell_holds_on_sqlite() {
    Table::run("SQLite", matrix(), 3).report();
}
