//! The cells, in words that hold for every engine.

use std::sync::Arc;

use sluice_faults::{Cell, Hold, Point, Stage, Target};

/// Makes fresh databases.
pub type Fresh = Arc<dyn Fn() -> Box<dyn Target> + Send + Sync>;

/// Points at which a statement is held in the database.
fn is_blocked(point: Point) -> bool {
    matches!(point, Point::C | Point::D | Point::H)
}

fn stage(fresh: &Fresh, point: Point) -> Stage {
    match point {
        Point::E => Stage::with_proxy(fresh()),
        _ => Stage::new(fresh()),
    }
}

/// 1: SIGKILL; the same command finishes the work.
pub fn kill(fresh: &Fresh, point: Point) {
    let stage = stage(fresh, point);
    let reached = stage.reach(point);
    let killed = reached.runner.kill();
    assert_eq!(killed.signal, Some(9), "the runner was not there to be killed:\n{}", killed.output);
    if point == Point::H && stage.target.port().is_some() {
        // The statement has outlived its runner: nobody may take its place, and the next one says whom it waits for.
        assert!(!stage.target.sessions().is_empty(), "nothing has outlived the runner");
        let mut next = stage.start();
        next.wait_for("for another run");
        drop(reached.hold);
        next.end().expect(0).says("adopted");
    } else {
        drop(reached.hold);
        stage.wait_for_silence();
        stage.check_wreck();
        stage.project.deploy().expect(0);
    }
    stage.check_end();
}

/// 1 at later moments between statements.
pub fn abort(fresh: &Fresh, fault: &str) {
    let stage = Stage::new(fresh());
    let aborted = stage.project.start(&["deploy"], Some(fault)).end();
    assert_eq!(aborted.signal, Some(6), "the runner did not get there:\n{}", aborted.output);
    stage.wait_for_silence();
    stage.check_wreck();
    stage.project.deploy().expect(0);
    stage.check_end();
}

/// 2: the runner is stopped, its session ends, another one takes over, and the zombie wakes up.
pub fn zombie(fresh: &Fresh, point: Point) {
    let stage = stage(fresh, point);
    let reached = stage.reach(point);
    reached.runner.signal("STOP");
    stage.target.end_sessions();
    let other = stage.second_install();
    let (hold, mut next) = if is_blocked(point) {
        let next = other.start(&["deploy"], None);
        drop(reached.hold);
        (None, next)
    } else {
        (Some(reached.hold), other.start(&["deploy"], None))
    };
    assert!(!next.has_ended() || next.text().contains("succeeded"), "{}", next.text());
    next.end().expect(0);
    let (ledger, catalog) = (stage.target.ledger(), stage.target.catalog());
    drop(hold);
    reached.runner.signal("CONT");
    let woken = reached.runner.end();
    assert!(
        woken.code == Some(0) || woken.output.contains("a later run has taken over"),
        "the zombie ended with {:?}:\n{}",
        woken.code,
        woken.output
    );
    assert_eq!(stage.target.ledger(), ledger, "I7: the zombie has written to the ledger");
    assert_eq!(stage.target.catalog(), catalog, "I1: the zombie has changed the database");
    stage.check_end();
}

/// 3: the connection is reset; the run connects again and finishes.
pub fn reset(fresh: &Fresh, point: Point) {
    let stage = Stage::with_proxy(fresh());
    let mut reached = stage.reach(point);
    stage.proxy.as_ref().unwrap().reset_all();
    if point == Point::H {
        // Its own statement still runs and holds the lock.
        reached.runner.wait_for("for another run");
    }
    drop(reached.hold);
    let ended = reached.runner.end().expect(0);
    // Before the lock, and after the last word of a commit, a run may not notice.
    if !matches!(point, Point::A) {
        ended.says("connection lost");
    }
    stage.check_end();
}

/// 5: the session is ended on the server; the run connects again and finishes.
pub fn end_session(fresh: &Fresh, point: Point) {
    let stage = stage(fresh, point);
    let reached = stage.reach(point);
    stage.target.end_sessions();
    drop(reached.hold);
    reached.runner.end().expect(0).says("connection lost");
    stage.check_end();
}

/// 6: the server dies and comes back; the run waits for it and finishes.
pub fn crash(stage: &Stage, point: Point, crash_and_start: impl FnOnce()) {
    let reached = stage.reach(point);
    crash_and_start();
    drop(reached.hold);
    reached.runner.end().expect(0).says("connection lost");
    stage.check_end();
}

/// 10: a second runner of another install comes at the same time.
pub fn second(fresh: &Fresh, point: Point) {
    let stage = stage(fresh, point);
    let reached = stage.reach(point);
    let other = stage.second_install();
    let mut second = other.start(&["deploy"], None);
    if point == Point::A {
        // Nobody holds anything yet: it does the work, and the first one finds it done.
        second.end().expect(0);
        drop(reached.hold);
        reached.runner.end().expect(0);
    } else {
        second.wait_for("for another run");
        if let Hold::Proxy = reached.hold {
            stage.proxy.as_ref().unwrap().reset_all();
        }
        drop(reached.hold);
        reached.runner.end().expect(0);
        second.end().expect(0);
    }
    stage.check_end();
}

/// 10: a second runner of the same install.
pub fn second_of_install(fresh: &Fresh, point: Point) {
    let stage = Stage::new(fresh());
    let reached = stage.reach(point);
    let mut second = stage.start();
    second.wait_for("waiting for");
    drop(reached.hold);
    reached.runner.end().expect(0);
    second.end().expect(0);
    stage.check_end();
}

/// 11: the lock is never granted: bounded, blocker named, nothing half-done, resumable.
pub fn lock_timeout(stage: Stage, point: Point) {
    stage.configure("lock_timeout = \"1s\"\nlock_attempts = 2");
    if point == Point::H {
        stage.apply(2);
    }
    let block = stage.target.block(point);
    let blocker = stage.target.blocker(&*block);
    stage.start().end().expect(4).says("no lock at try 1 of 2").says(&blocker);
    stage.wait_for_silence();
    drop(block);
    stage.check_wreck();
    stage.project.deploy().expect(0);
    stage.check_end();
}

/// 11: the lock is granted at a later try.
pub fn lock_retry(stage: Stage, point: Point) {
    stage.configure("lock_timeout = \"1s\"\nlock_attempts = 50");
    if point == Point::H {
        stage.apply(2);
    }
    let block = stage.target.block(point);
    let mut runner = stage.start();
    runner.wait_for("no lock at try 1 of 50");
    drop(block);
    runner.end().expect(0);
    stage.check_end();
}

/// 12: the statement runs for too long: classified, tried once, leftovers cleaned.
pub fn statement_timeout(fresh: &Fresh, point: Point) {
    let stage = Stage::new(fresh());
    stage.configure("lock_timeout = \"45s\"\nstatement_timeout = \"1s\"");
    if point == Point::H {
        stage.apply(2);
    }
    let block = stage.target.block(point);
    // Where it strikes a row of ours, no statement of the user's is to blame.
    let code = if point == Point::D { 3 } else { 4 };
    let ended = stage.start().end().expect(code);
    assert!(!ended.output.contains("retrying"), "tried again blindly:\n{}", ended.output);
    assert!(
        ended.output.contains("statement timeout")
            || ended.output.contains("max_statement_time")
            || ended.output.contains("statement_timeout"),
        "not called a statement timeout:\n{}",
        ended.output
    );
    stage.wait_for_silence();
    drop(block);
    stage.check_wreck();
    stage.configure("lock_timeout = \"45s\"");
    stage.project.deploy().expect(0);
    stage.check_end();
}

/// 17: the runner dies with its intent open; a human does the same by hand; the next run sees it.
pub fn human(fresh: &Fresh, by_hand: &str) {
    let stage = Stage::new(fresh());
    let reached = stage.reach(Point::G);
    reached.runner.kill();
    drop(reached.hold);
    stage.wait_for_silence();
    stage.target.try_sql(by_hand).unwrap();
    stage.project.deploy().expect(0).says("adopted");
    stage.check_end();
}

/// 17: the human is faster while the runner lives: an explained failure, and no success that was not ours.
pub fn human_is_faster(fresh: &Fresh, by_hand: &str, undo: &str) {
    let stage = Stage::new(fresh());
    let reached = stage.reach(Point::G);
    stage.target.try_sql(by_hand).unwrap();
    drop(reached.hold);
    reached.runner.end().expect(4).says("already exists");
    stage.wait_for_silence();
    stage.target.try_sql(undo).unwrap();
    stage.project.deploy().expect(0);
    stage.check_end();
}

/// 18: Ctrl-C: ends at once, also while it waits; nothing goes on behind its back.
pub fn interrupt(fresh: &Fresh, point: Point) {
    let stage = stage(fresh, point);
    let mut reached = stage.reach(point);
    reached.runner.signal("INT");
    reached.runner.wait_for("stopping");
    let block = if is_blocked(point) {
        Some(reached.hold)
    } else {
        drop(reached.hold);
        None
    };
    reached.runner.end().expect(130);
    // The statement is cancelled on the server although what it waits for is still held.
    stage.wait_for_silence();
    drop(block);
    stage.check_wreck();
    stage.project.deploy().expect(0);
    stage.check_end();
}

/// Those of the matrix that run always; the others where `SLUICE_MATRIX=full` asks for them.
pub fn short_form(cells: Vec<Cell>) -> Vec<Cell> {
    if std::env::var("SLUICE_MATRIX").is_ok_and(|form| form == "full") {
        return cells;
    }
    let points = [Point::D, Point::E, Point::H, Point::I, Point::J];
    cells
        .into_iter()
        .filter(|cell| points.contains(&cell.point) && [1, 2, 3, 5, 10].contains(&cell.fault))
        .collect()
}

/// The cells that are the same for every server.
pub fn on_servers(fresh: &Fresh) -> Vec<Cell> {
    let mut cells = Vec::new();
    for point in Point::ALL {
        for (fault, act) in [
            (1, kill as fn(&Fresh, Point)),
            (2, zombie),
            (3, reset),
            (5, end_session),
            (10, second),
            (18, interrupt),
        ] {
            if point == Point::E && matches!(fault, 18) {
                cells.push(Cell::none(
                    point,
                    fault,
                    "the answer is lost: without the connection nothing can be cancelled",
                ));
                continue;
            }
            let fresh = Arc::clone(fresh);
            cells.push(Cell::new(point, fault, move || act(&fresh, point)));
        }
        if is_blocked(point) {
            let here = Arc::clone(fresh);
            cells.push(Cell::new(point, 12, move || statement_timeout(&here, point)));
        } else {
            cells.push(Cell::none(point, 11, "no statement waits for a lock there"));
            cells.push(Cell::none(point, 12, "no statement of the user's runs there"));
        }
    }
    for point in Point::ALL {
        if point != Point::J {
            cells.push(Cell::none(point, 15, "the way back is the same from everywhere: see j"));
        }
        if point != Point::G {
            cells.push(Cell::none(point, 17, "a transaction is all or nothing; outside of one, see g"));
        }
    }
    for fault in ["j:abort:2", "j:abort:3", "f:abort:2", "f:abort:3"] {
        let here = Arc::clone(fresh);
        let point = if fault.starts_with('j') { Point::J } else { Point::F };
        cells.push(Cell::new(point, 1, move || abort(&here, fault)).called(fault));
    }
    let here = Arc::clone(fresh);
    cells.push(Cell::new(Point::J, 10, move || second_of_install(&here, Point::J)).called("same install"));
    cells
}
