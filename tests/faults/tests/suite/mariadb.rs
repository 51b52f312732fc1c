use std::sync::{Arc, Mutex};

use sluice_faults::{Cell, MysqlTarget, Point, Stage, Table};
use sluice_testkit::{MysqlServer, mariadb, mysql, private_mariadb, private_mysql};

use crate::cells::{self, Fresh};
use crate::postgres::refused_by_the_fence;

const BY_HAND: &str = "CREATE TABLE copied AS SELECT id, total FROM orders";

fn matrix(server: &Arc<MysqlServer>, private_server: fn() -> MysqlServer) -> Vec<Cell> {
    let server = Arc::clone(server);
    let rotated = Arc::clone(&server);
    let fresh: Fresh = Arc::new(move || MysqlTarget::new(&server));
    let mut cells = cells::on_servers(&fresh);
    if !rotated.is_mariadb() {
        cells.retain(|cell| cell.fault != 12);
        let reason = "MySQL limits the time of SELECT alone";
        cells.extend(Point::ALL.map(|point| Cell::none(point, 12, reason)));
    }
    cells.push(Cell::new(Point::J, 15, move || crate::secret::on_mysql(&rotated)));
    for point in [Point::C, Point::D, Point::H] {
        let (first, second) = (Arc::clone(&fresh), Arc::clone(&fresh));
        cells.push(Cell::new(point, 11, move || cells::lock_timeout(Stage::new(first()), point)));
        cells.push(
            Cell::new(point, 11, move || cells::lock_retry(Stage::new(second()), point))
                .called("granted later"),
        );
    }
    let private: Arc<Mutex<Option<Arc<MysqlServer>>>> = Arc::default();
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
            let server = Arc::clone(slot.get_or_insert_with(|| Arc::new(private_server())));
            let target = MysqlTarget::new(&server);
            let stage = if point == Point::E { Stage::with_proxy(target) } else { Stage::new(target) };
            cells::crash(&stage, point, || {
                server.kill();
                server.start();
            });
        }));
    }
    let here = Arc::clone(&fresh);
    cells.push(Cell::new(Point::G, 17, move || cells::human(&here, BY_HAND)));
    let here = Arc::clone(&fresh);
    cells.push(
        Cell::new(Point::G, 17, move || cells::human_is_faster(&here, BY_HAND, "DROP TABLE copied"))
            .called("while the runner lives"),
    );
    let here = Arc::clone(&fresh);
    cells.push(
        Cell::new(Point::J, 2, move || {
            let mut story = MysqlTarget::story();
            // In the open it would be refused.
            story.changes[1].1.push_str(
                "SET @take = CONCAT('DO RELEASE_', 'ALL_LOCKS()');\nPREPARE take FROM @take;\nEXECUTE take;\n",
            );
            refused_by_the_fence(&Stage::telling(here(), story), Point::J);
        })
        .called("the lock is lost and the session is not"),
    );
    cells
}

#[test]
fn every_cell_holds_on_mariadb() {
    Table::run("MariaDB", matrix(&mariadb(), || private_mariadb(&[])), 3).report();
}

#[test]
fn every_cell_holds_on_mysql() {
    let Some(server) = mysql() else { return };
    let cells = matrix(&server, || private_mysql(&[]).expect("it is installed"));
    Table::run("MySQL", cells::short_form(cells), 3).report();
}
