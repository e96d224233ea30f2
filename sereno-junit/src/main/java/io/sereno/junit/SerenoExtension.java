package io.sereno.junit;

import io.sereno.Sereno;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.junit.platform.commons.support.AnnotationSupport;

/** What {@link SerenoTest} registers: a cluster for each test method. */
final class SerenoExtension
        implements BeforeEachCallback,
                AfterEachCallback,
                ParameterResolver,
                TestExecutionExceptionHandler,
                LifecycleMethodExecutionExceptionHandler {
    private static final String SEED = "sereno.test.seed";
    private static final String URI = "sereno.test.uri";
    private static final Namespace NAMESPACE = Namespace.create(SerenoExtension.class);

    @Override
    public void beforeEach(ExtensionContext context) {
        SerenoTest test = annotation(context.getRequiredTestClass());
        Cluster cluster = new Cluster(test.time(), System.getProperty(URI, test.uri()), ttl(test.sessionTtl()), seed());
        context.getStore(NAMESPACE).put(Cluster.class, cluster);
        context.publishReportEntry(SEED, Long.toString(cluster.seed()));
    }

    /** Of the class itself, of one of its annotations or interfaces, or of the class around it. */
    private static SerenoTest annotation(Class<?> test) {
        for (Class<?> at = test; at != null; at = at.getEnclosingClass()) {
            Optional<SerenoTest> found = AnnotationSupport.findAnnotation(at, SerenoTest.class);
            if (found.isPresent()) {
                return found.get();
            }
        }
        throw new IllegalStateException(test + " has no @SerenoTest");
    }

    private static Duration ttl(String text) {
        try {
            return Duration.parse(text);
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException(
                    "@SerenoTest(sessionTtl = \"" + text + "\"); a duration such as PT10S is accepted", e);
        }
    }

    private static long seed() {
        String given = System.getProperty(SEED);
        try {
            return given == null ? new Random().nextLong() : Long.parseLong(given);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("-D" + SEED + "=" + given + "; a whole number is accepted", e);
        }
    }

    private static Cluster cluster(ExtensionContext context) {
        return context.getStore(NAMESPACE).get(Cluster.class, Cluster.class);
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        @Nullable Cluster cluster = context.getStore(NAMESPACE).get(Cluster.class, Cluster.class);
        if (cluster == null) { // beforeEach failed
            return;
        }
        Optional<AssertionError> found =
                context.getExecutionException().isPresent() ? Optional.empty() : faults(cluster);
        try {
            cluster.close();
        } catch (Exception e) {
            if (found.isEmpty()) {
                throw withSeed(e, cluster);
            }
            found.get().addSuppressed(e);
        }
        if (found.isPresent()) {
            throw withSeed(found.get(), cluster);
        }
    }

    /** What is wrong although the test itself has not failed. */
    private static Optional<AssertionError> faults(Cluster cluster) throws InterruptedException {
        List<String> leaks = cluster.leaks();
        List<Throwable> failures = cluster.unseenFailures();
        if (leaks.isEmpty() && failures.isEmpty()) {
            return Optional.empty();
        }
        AssertionError error = new AssertionError(
                leaks.isEmpty()
                        ? "a call of begin(...) failed, and the test did not await it; the failure is suppressed below"
                        : "the test is over, and " + String.join("; ", leaks)
                                + ". Release what the test acquires, and close its elections");
        failures.forEach(error::addSuppressed);
        return Optional.of(error);
    }

    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        throw withSeed(failure, cluster(context));
    }

    @Override
    public void handleBeforeEachMethodExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        throw withSeed(failure, cluster(context));
    }

    @Override
    public void handleAfterEachMethodExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        throw withSeed(failure, cluster(context));
    }

    private static <T extends Throwable> T withSeed(T failure, Cluster cluster) {
        failure.addSuppressed(new Seed(cluster.seed()));
        return failure;
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return parameter.getDeclaringExecutable() instanceof Method
                && context.getTestMethod().isPresent()
                && List.of(TestNode.class, Sereno.class, SerenoClock.class, Random.class)
                        .contains(type);
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Cluster cluster = cluster(context);
        Class<?> type = parameter.getParameter().getType();
        if (type == TestNode.class) {
            return cluster.node(nodesBefore(parameter));
        } else if (type == Sereno.class) {
            return cluster.node(0).sereno();
        }
        return type == Random.class ? cluster.random() : cluster.clock();
    }

    private static int nodesBefore(ParameterContext parameter) {
        Parameter[] all = parameter.getDeclaringExecutable().getParameters();
        int before = 0;
        for (int i = 0; i < parameter.getIndex(); i++) {
            before += all[i].getType() == TestNode.class ? 1 : 0;
        }
        return before;
    }

    /** Stands below a failure in its stack trace. */
    private static final class Seed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Seed(long seed) {
            super("seed " + seed + "; -D" + SEED + "=" + seed + " runs the test with it again", null, false, false);
        }
    }
}
