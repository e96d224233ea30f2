package io.sereno.tck;

import java.lang.reflect.Method;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.opentest4j.TestAbortedException;

/** Lets JUnit drive a {@link Kit}: one for each class that extends {@link SerenoTck}, from its first test to its last. */
final class KitExtension implements ParameterResolver, InvocationInterceptor, ExecutionCondition, AfterAllCallback {
    private static final Namespace NAMESPACE = Namespace.create(KitExtension.class);

    private record Run(SerenoTck tck, Kit kit) {}

    private final SelectedRules selected = SelectedRules.fromProperty();

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        boolean leftOut = context.getTestMethod()
                .map(method -> method.getAnnotation(Rule.class))
                .filter(rule -> !selected.includes(rule.value()))
                .isPresent();
        return leftOut
                ? ConditionEvaluationResult.disabled("not among -D" + SelectedRules.PROPERTY + "=" + selected.names())
                : ConditionEvaluationResult.enabled("selected");
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Bench.class;
    }

    /** Does nothing: the kit runs the method itself, on a bench that it opens then, perhaps more than once. */
    @Override
    public @Nullable Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return null;
    }

    @Override
    public void interceptTestMethod(
            Invocation<Void> invocation,
            ReflectiveInvocationContext<Method> invocationContext,
            ExtensionContext context)
            throws Throwable {
        invocation.skip();
        RuleTest test = RuleTest.of(context.getRequiredTestMethod());
        Kit kit = run(context).kit();
        List<RuleTest> selection = kit.rules().tests().stream()
                .filter(one -> selected.includes(one.rule()))
                .toList();
        report(test.waits() ? kit.runBesideOthers(test, selection) : kit.run(test));
    }

    private static void report(Outcome outcome) throws Throwable {
        Throwable failure = outcome.failure();
        if (outcome.verdict() == Verdict.FAIL && failure != null) {
            throw failure;
        }
        if (!outcome.verdict().isGreen()) {
            throw new TestAbortedException(
                    outcome.test().rule() + " is " + outcome.verdict() + ": " + outcome.why(), failure);
        }
    }

    @Override
    public void afterAll(ExtensionContext context) throws Exception {
        Class<?> type = context.getRequiredTestClass();
        if (!SerenoTck.class.isAssignableFrom(type)) {
            return;
        }
        Run run = store(context).remove(type, Run.class);
        if (run == null) {
            throw new AssertionError("no rule was run"
                    + (selected.isAll()
                            ? ""
                            : ": -D" + SelectedRules.PROPERTY + "=" + String.join(",", selected.names())
                                    + " names none"));
        }
        try (Kit kit = run.kit()) {
            Report report = Report.of(kit);
            report.writeTo(run.tck().reportFolder());
            for (Map.Entry<String, String> page : kit.attachments().entrySet()) {
                Files.writeString(run.tck().reportFolder().resolve(page.getKey()), page.getValue());
            }
            report.require(run.tck().leastGrade());
        }
    }

    private static Run run(ExtensionContext context) {
        SerenoTck tck = context.getRequiredTestInstances()
                .findInstance(SerenoTck.class)
                .orElseThrow(() -> new IllegalStateException("a group of rules runs inside a SerenoTck only"));
        return store(context)
                .getOrComputeIfAbsent(
                        tck.getClass(),
                        type -> new Run(
                                tck,
                                new Kit(
                                        tck.fixture(),
                                        RuleSet.of(tck.getClass()),
                                        tck.getClass(),
                                        tck.recipes(),
                                        seed())),
                        Run.class);
    }

    private static long seed() {
        return Long.getLong(Kit.SEED_PROPERTY, new Random().nextInt(Integer.MAX_VALUE));
    }

    private static Store store(ExtensionContext context) {
        return context.getRoot().getStore(NAMESPACE);
    }
}
