use std::sync::{Arc, Mutex};

use sluice_faults::{Cell, Point, PostgresTarget, Reached, Stage, Table};
use sluice_testkit::{PostgresServer, postgres};

use crate::cells::{self, Fresh};

fn fresh(major: u32) -> Fresh {
    let server = postgres(major);
    Arc::new(move || PostgresTarget::new(&server))
}

const BY_HAND: &str = "CREATE INDEX orders_total_idx ON orders (total)";

fn matrix(major: u32) -> Vec<Cell> {
    let fresh = fresh(major);
    let mut cells = cells::on_servers(&fresh);
    for point in [Point::C, Point::D] {
        let (first, second) = (Arc::clone(&fresh), Arc::clone(&fresh));
        cells.push(Cell::new(point, 11, move || cells::lock_timeout(Stage::new(first()), point)));
        cells.push(
            Cell::new(point, 11, move || cells::lock_retry(Stage::new(second()), point))
                .called("granted later"),
        );
    }
    // A concurrent build waits for every old transaction by its nature, so only a change that asks for it has a limit.
    let limited = |fresh: &Fresh| {
        let story = PostgresTarget::story().with_directive(2, "-- sluice: lock_timeout=1s");
        Stage::telling(fresh(), story)
    };
    let here = Arc::clone(&fresh);
    cells.push(Cell::new(Point::H, 11, move || cells::lock_timeout(limited(&here), Point::H)));
    let here = Arc::clone(&fresh);
    cells.push(
        Cell::new(Point::H, 11, move || cells::lock_retry(limited(&here), Point::H)).called("granted later"),
    );

    // One private server, broken by one cell at a time.
    let private: Arc<Mutex<Option<Arc<PostgresServer>>>> = Arc::default();
    for point in Point::ALL {
        if point == Point::A {
            cells.push(Cell::none(
                point,
                6,
                "nothing is there to be lost: the same as a server that comes up late",
            ));
            continue;
        }
        let private = Arc::clone(&private);
        cells.push(Cell::new(point, 6, move || {
            let mut slot = private.lock().unwrap_or_else(|poison| poison.into_inner());
            let server = Arc::clone(slot.get_or_insert_with(|| Arc::new(PostgresServer::private(major))));
            let target = PostgresTarget::new(&server);
            let stage = if point == Point::E { Stage::with_proxy(target) } else { Stage::new(target) };
            cells::crash(&stage, point, || {
                server.stop_immediate();
                server.start();
            });
        }));
    }

    let rotated = Arc::clone(&private);
    cells.push(Cell::new(Point::J, 15, move || {
        let mut slot = rotated.lock().unwrap_or_else(|poison| poison.into_inner());
        crate::secret::on_postgres(slot.get_or_insert_with(|| Arc::new(PostgresServer::private(major))));
    }));

    let here = Arc::clone(&fresh);
    cells.push(Cell::new(Point::G, 17, move || cells::human(&here, BY_HAND)));
    let here = Arc::clone(&fresh);
    cells.push(
        Cell::new(Point::G, 17, move || {
            cells::human_is_faster(&here, BY_HAND, "DROP INDEX orders_total_idx")
        })
        .called("while the runner lives"),
    );
    let here = Arc::clone(&fresh);
    cells.push(
        Cell::new(Point::J, 2, move || lock_given_away(&here))
            .called("the lock is lost and the session is not"),
    );
    let here = Arc::clone(&fresh);
    cells.push(
        Cell::new(Point::I, 2, move || done_and_taken_over(&here))
            .called("the lock is lost and the session is not"),
    );
    cells
}

/// A change gives all advisory locks of its session away.
fn giving(fresh: &Fresh) -> Stage {
    let mut story = PostgresTarget::story();
    // In the open it would be refused.
    story.changes[1].1.push_str("DO $$BEGIN EXECUTE 'SELECT pg_advisory_' || 'unlock_all()'; END$$;\n");
    Stage::telling(fresh(), story)
}

fn lock_given_away(fresh: &Fresh) {
    let stage = giving(fresh);
    refused_by_the_fence(&stage, Point::J);
}

fn done_and_taken_over(fresh: &Fresh) {
    let stage = giving(fresh);
    refused_by_the_fence(&stage, Point::I);
}

/// As [`refused_by_the_fence`], where the lock has to be taken away from outside.
pub fn refused_by_the_fence_after(stage: &Stage, point: Point) {
    let reached = stage.reach(point);
    stage.target.end_sessions();
    take_over(stage, reached);
}

/// 2 in its purest form: the zombie's session lives, its lock does not, and another run has finished the work.
pub fn refused_by_the_fence(stage: &Stage, point: Point) {
    let reached = stage.reach(point);
    take_over(stage, reached);
}

fn take_over(stage: &Stage, reached: Reached) {
    stage.second_install().deploy().expect(0);
    let (ledger, catalog) = (stage.target.ledger(), stage.target.catalog());
    drop(reached.hold);
    let woken = reached.runner.end();
    assert_eq!(stage.target.ledger(), ledger, "I7: the zombie has written to the ledger:\n{}", woken.output);
    assert_eq!(stage.target.catalog(), catalog, "I1: the zombie has changed the database:\n{}", woken.output);
    woken.expect(4).says("a later run has taken over");
    stage.check_end();
}

#[test]
fn every_cell_holds_on_postgres_18() {
    Table::run("PostgreSQL 18", matrix(18), 3).report();
}

#[test]
fn every_cell_holds_on_postgres_15() {
    Table::run("PostgreSQL 15", cells::short_form(matrix(15)), 3).report();
}
