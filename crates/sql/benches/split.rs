//! Speed of splitting and of classifying, in bytes per second.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::as_conversions,
    reason = "a benchmark that cannot go on stops"
)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sluice_sql::{Dialect, StreamSplitter, classify, split};

/// About 16 MiB.
fn dump(row: &str) -> String {
    row.repeat((16 << 20) / row.len())
}

fn texts() -> [(&'static str, Dialect, String); 6] {
    let one = "INSERT INTO orders (id, customer, note, total) VALUES (184467, 'Ada Lovelace', 'leave it at the door; thanks', 1299.50);\n";
    let rows =
        "(184467, 'Ada Lovelace', 'leave it at the door; thanks', 1299.50, NULL, '2024-05-17 10:11:12'),"
            .repeat(500);
    let many = format!("INSERT INTO orders VALUES {rows}(1, '', '', 0, NULL, NULL);\n");
    let copy = format!(
        "COPY orders (id, customer) FROM stdin;\n{}\\.\n\n",
        "184467\tAda Lovelace\tleave it at the door; thanks\n".repeat(5000)
    );
    let body = "CREATE PROCEDURE p(IN a INT) BEGIN IF a > 0 THEN UPDATE t SET b = CASE c WHEN 1 THEN 2 END; END IF; WHILE a DO SET a = a - 1; END WHILE; END;\n";
    [
        ("insert-rows", Dialect::Postgres, dump(one)),
        ("insert-many", Dialect::Postgres, dump(&many)),
        ("copy", Dialect::Postgres, dump(&copy)),
        ("insert-rows", Dialect::Mysql, dump(one)),
        ("insert-many", Dialect::Mysql, dump(&many)),
        ("bodies", Dialect::Mysql, dump(body)),
    ]
}

fn splitting(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("split");
    group.sample_size(10);
    for (name, dialect, text) in texts() {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_with_input(BenchmarkId::new(name, dialect), &text, |bencher, text| {
            bencher.iter(|| black_box(split(dialect, text).unwrap().len()));
        });
        group.bench_with_input(
            BenchmarkId::new(format!("{name}-stream"), dialect),
            &text,
            |bencher, text| {
                bencher.iter(|| black_box(StreamSplitter::new(dialect, text.as_bytes()).count()));
            },
        );
    }
    group.finish();
}

fn classifying(criterion: &mut Criterion) {
    let text = "ALTER TABLE public.orders ADD COLUMN shipped_at timestamptz, ADD CONSTRAINT total_positive CHECK (total > 0)";
    criterion
        .bench_function("classify", |bencher| bencher.iter(|| black_box(classify(Dialect::Postgres, text))));
}

criterion_group!(benches, splitting, classifying);
criterion_main!(benches);
