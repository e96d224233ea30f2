package io.sereno.recipes;

import static com.tngtech.archunit.base.DescribedPredicate.alwaysTrue;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

@AnalyzeClasses(packages = "io.sereno.recipes", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    /** Time comes from the TimeSource and threads from the executor that are given: a test's clock then moves all there is. */
    private static final Pattern CLOCKS_TIMERS_AND_THREADS = Pattern.compile(String.join(
            "|",
            "java\\.lang\\.System\\.(nanoTime|currentTimeMillis)",
            "java\\.time\\.(Clock|InstantSource)\\.system\\w*",
            "java\\.time\\.\\w+\\.now",
            "java\\.util\\.(Timer|Date)\\.<init>",
            "java\\.util\\.concurrent\\.(Executors|ThreadPoolExecutor|ScheduledThreadPoolExecutor|ForkJoinPool)\\..*",
            "java\\.util\\.concurrent\\.CompletableFuture\\.(orTimeout|completeOnTimeout|delayedExecutor)",
            "java\\.lang\\.Thread\\.(<init>|sleep|ofPlatform|ofVirtual|startVirtualThread)",
            "java\\.util\\.concurrent\\.TimeUnit\\.sleep",
            "java\\.util\\.concurrent\\.locks\\.LockSupport\\.park.*"));

    @ArchTest
    static final ArchRule theRecipesKnowNoBackendAndNoClientLibrary = classes()
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage(
                    "java..",
                    "io.sereno",
                    "io.sereno.operator",
                    "io.sereno.spi",
                    "io.sereno.recipes..",
                    "org.jspecify.annotations",
                    "com.google.auto.service"));

    @ArchTest
    static final ArchRule timeAndThreadsAreGiven = noClasses()
            .that()
            .haveNameNotMatching("io\\.sereno\\.recipes\\.connect\\.(SystemTime|CallbackThreads)")
            .should()
            .accessTargetWhere(matching(CLOCKS_TIMERS_AND_THREADS));

    @ArchTest
    static final ArchRule thePackagesHaveNoCycle =
            slices().matching("io.sereno.(**)").should().beFreeOfCycles();

    /** Every package directly below this one is a recipe, except those that all recipes use. */
    @ArchTest
    static final ArchRule noRecipeIsUsedByAnotherOrByWhatAllRecipesUse = slices().matching("io.sereno.recipes.(*)..")
            .should()
            .notDependOnEachOther()
            .ignoreDependency(
                    alwaysTrue(),
                    resideInAnyPackage(
                            "io.sereno.recipes.client", "io.sereno.recipes.connect", "io.sereno.recipes.kernel"))
            // Operators see what all recipes keep.
            .ignoreDependency(resideInAPackage("io.sereno.recipes.operator"), alwaysTrue());

    /** A monitor pins a virtual thread to its carrier before JDK 24. ArchUnit does not see blocks, so the sources are read. */
    @Test
    void noMonitorIsUsed() throws IOException {
        Pattern monitor = Pattern.compile("\\s*+(?!/?\\*|//).*\\bsynchronized\\b.*");
        try (Stream<Path> sources = Files.walk(Path.of("src/main/java"))) {
            List<String> found = sources.filter(Files::isRegularFile)
                    .flatMap(file -> lines(file)
                            .filter(line -> monitor.matcher(line).matches())
                            .map(line -> file + ": " + line.strip()))
                    .toList();
            assertThat(found).isEmpty();
        }
    }

    private static Stream<String> lines(Path file) {
        try {
            return Files.readAllLines(file).stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static DescribedPredicate<JavaAccess<?>> matching(Pattern code) {
        return DescribedPredicate.describe(
                "is a clock, a timer, a pause or a source of threads",
                access -> code.matcher(access.getTargetOwner().getName() + "." + access.getName())
                        .matches());
    }
}
