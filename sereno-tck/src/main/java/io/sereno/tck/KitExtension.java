package io.sereno.tck;

import io.sereno.tck.report.Report;
import io.sereno.tck.rules.RuleSet;
import io.sereno.tck.rules.RuleTable;
import io.sereno.tck.rules.RuleTest;
import io.sereno.tck.rules.SelectedRules;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.Kit;
import io.sereno.tck.run.Outcome;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.Extension;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContextProvider;
import org.opentest4j.TestAbortedException;

/** Lets JUnit drive a {@link Kit}: one for each class that extends {@link SerenoTck}, from its first test to its last. */
final class KitExtension
        implements ParameterResolver,
                InvocationInterceptor,
                TestTemplateInvocationContextProvider,
                ExecutionCondition,
                AfterAllCallback {
    private static final Namespace NAMESPACE = Namespace.create(KitExtension.class);

    private record Run(SerenoTck tck, Kit kit) {}

    private final SelectedRules selected = SelectedRules.fromProperty();

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        List<RuleTest> tests = context.getTestMethod().map(RuleTest::of).orElse(List.of());
        boolean leftOut = !tests.isEmpty() && tests.stream().noneMatch(this::isSelected);
        return leftOut
                ? ConditionEvaluationResult.disabled("not among -D" + SelectedRules.PROPERTY + "=" + selected.names())
                : ConditionEvaluationResult.enabled("selected");
    }

    private boolean isSelected(RuleTest test) {
        return selected.includes(test.rule());
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == Bench.class || type == RuleTest.class;
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
        run(RuleTest.of(context.getRequiredTestMethod()).get(0), context);
    }

    @Override
    public boolean supportsTestTemplate(ExtensionContext context) {
        return context.getRequiredTestMethod().isAnnotationPresent(RuleTable.class);
    }

    @Override
    public Stream<TestTemplateInvocationContext> provideTestTemplateInvocationContexts(ExtensionContext context) {
        return RuleTest.of(context.getRequiredTestMethod()).stream()
                .filter(this::isSelected)
                .map(Row::new);
    }

    /** A row of a table as a test of its own. */
    private final class Row implements TestTemplateInvocationContext, InvocationInterceptor {
        private final RuleTest test;

        Row(RuleTest test) {
            this.test = test;
        }

        @Override
        public String getDisplayName(int invocationIndex) {
            return test.title();
        }

        @Override
        public List<Extension> getAdditionalExtensions() {
            return List.of(this);
        }

        @Override
        public void interceptTestTemplateMethod(
                Invocation<Void> invocation,
                ReflectiveInvocationContext<Method> invocationContext,
                ExtensionContext context)
                throws Throwable {
            invocation.skip();
            run(test, context);
        }
    }

    private void run(RuleTest test, ExtensionContext context) throws Throwable {
        Kit kit = kit(context).kit();
        List<RuleTest> selection =
                kit.rules().tests().stream().filter(this::isSelected).toList();
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

    private static Run kit(ExtensionContext context) {
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
