/**
 * The compatibility kit: what a backend promises, rule by rule as {@code docs/spec.md} numbers them, tried on yours.
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
 * <p>What to implement: {@link io.sereno.tck.SerenoTck}, {@link io.sereno.tck.BackendFixture} and, for rules that need a
 * server stopped and started, {@link io.sereno.tck.ServerControl}. What comes out: a JUnit test for each rule, and a report
 * in {@code target/tck}, with a {@link io.sereno.tck.Verdict} for each rule and a {@link io.sereno.tck.Grade}.
 *
 * <h2>Inside</h2>
 *
 * <p>Rules are in groups, one file each: {@code ReadRules}, {@code WatchRules} and so on. A group has a constructor without
 * arguments and a method for each rule:
 *
 * <pre>{@code
 * @Rule(value = "READ-4a", check = "the answer for a key that is not there: null, an error, an empty list?")
 * void whatIsAbsentIsAnEmptyList(Bench bench) {
 *     Client client = bench.client();
 *     Snapshot read = client.read(new Query.All("never used"));
 *     bench.verify(read.entries().isEmpty(), () -> "a directory that was never used read as " + read);
 * }
 * }</pre>
 *
 * <ul>
 *   <li>{@code Kit.GROUPS} lists the groups, and {@code SerenoTck} has a nested shell for each.
 *   <li>A {@code Bench} belongs to one run of one rule: it opens clients in a namespace of its own, lets time pass, real or
 *       manual, and closes what it opened.
 *   <li>{@code bench.verify(...)} states what has to be so. Each call that holds counts as evidence; a run without any is
 *       {@code VACUOUS}. {@code bench.evidence(what, count, atLeast)} asks for more than one.
 *   <li>{@code throw bench.unverified(why)} when the fixture lacks what the rule needs, {@code bench.unknown(why)} when
 *       nothing can be said, {@code bench.vacuous(why)} when too little was seen.
 *   <li>{@code waits = true} in the annotation marks a rule that lets time pass: such rules of all groups run side by side.
 *   <li>{@code bench.faulty()} is a client whose way to the store can be broken: over the fault proxy where the fixture has
 *       endpoints, over a decorator (and the verdict then is {@code PASS_SIMULATED}) where there is no network.
 *   <li>What several rules judge together, a recorded history for instance, is made once by {@code bench.shared(...)}.
 *   <li>A failure tells rule, level and text from the specification, what was seen with the last steps and their times, what
 *       to check first, and how to run this rule alone.
 * </ul>
 */
@NullMarked
package io.sereno.tck;

import org.jspecify.annotations.NullMarked;
