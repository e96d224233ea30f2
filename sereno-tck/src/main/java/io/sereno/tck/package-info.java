/**
 * The compatibility kit. It tests a backend against the rules in {@code docs/spec.md}, by their numbers.
 *
 * <pre>{@code
 * class MyBackendTckTest extends SerenoTck {
 *     @Override
 *     protected BackendFixture fixture() {
 *         return config -> new MyBackendProvider().open(config);
 *     }
 * }
 * }</pre>
 *
 * <p>Implement {@link io.sereno.tck.SerenoTck}, {@link io.sereno.tck.BackendFixture} and, for rules that need a server
 * stopped and started, {@link io.sereno.tck.ServerControl}. The result is a JUnit test for each rule, and a report in {@code
 * target/tck}, with a {@link io.sereno.tck.Verdict} for each rule and a {@link io.sereno.tck.Grade}.
 *
 * <h2>Inside</h2>
 *
 * <p>These packages are not exported:
 *
 * <ul>
 *   <li>{@code rules}: what a rule is, the specification, the tests of a kit.
 *   <li>{@code run}: one run of the kit, its clients, and how an outcome becomes a verdict.
 *   <li>{@code faults} and {@code time}: what stands between client and store, and clocks and executors.
 *   <li>{@code spi} and {@code recipes}: the rules themselves; {@code history} judges recorded histories.
 *   <li>{@code report}: the report.
 * </ul>
 *
 * <p>Rules are in groups, one file each: {@code ReadRules}, {@code WatchRules} and so on. A group has a constructor without
 * arguments and a method for each rule:
 *
 * <pre>{@code
 * @Rule(value = "READ-4a", check = "the answer for a key that is not there: null, an error, an empty list?")
 * void anAbsentEntryIsAnEmptyList(Bench bench) {
 *     Client client = bench.client();
 *     Snapshot read = client.read(new Query.All("never used"));
 *     bench.verify(read.entries().isEmpty(), () -> "a directory that was never used read as " + read);
 * }
 * }</pre>
 *
 * <ul>
 *   <li>{@code SerenoTck} has a nested class for each group; there is no other list of groups.
 *   <li>{@code @RuleTable} is for tests that differ only in values: one method, one row for each test.
 *   <li>A {@code Bench} belongs to one run of one rule. It opens clients in its own namespace, lets real or manual time
 *       pass, and closes what it opened.
 *   <li>{@code bench.verify(...)} states a condition that must hold. Each call that holds counts as evidence; a run without
 *       any is {@code VACUOUS}. {@code bench.evidence(what, count, atLeast)} requires more than one.
 *   <li>{@code throw bench.unverified(why)} if the fixture lacks what the rule needs, {@code bench.unknown(why)} if the rule
 *       cannot be judged, {@code bench.vacuous(why)} if too little was seen.
 *   <li>{@code waits = true} in the annotation marks a rule that lets time pass: such rules of all groups run in parallel.
 *   <li>{@code bench.faulty()} is a client whose way to the store can be broken: by the fault proxy if the fixture has
 *       endpoints, by a decorator if there is no network (then the verdict is {@code PASS_SIMULATED}).
 *   <li>Data that several rules judge together, for instance a recorded history, are made once by {@code bench.shared(...)}.
 *   <li>A failure reports rule, level and text from the specification, what was seen with the last steps and their times,
 *       what to check first, and how to run this rule alone.
 * </ul>
 */
@NullMarked
package io.sereno.tck;

import org.jspecify.annotations.NullMarked;
