package io.sereno.micrometer;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.regex.Pattern;

@AnalyzeClasses(packages = "io.sereno.micrometer", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    private static final Pattern CLOCKS_TIMERS_AND_THREADS = Pattern.compile(String.join(
            "|",
            "java\\.lang\\.System\\.(nanoTime|currentTimeMillis)",
            "java\\.time\\.\\w+\\.now",
            "java\\.util\\.concurrent\\.Executors\\..*",
            "java\\.util\\.concurrent\\.CompletableFuture\\.(orTimeout|completeOnTimeout|delayedExecutor|\\w+Async)",
            "java\\.lang\\.Thread\\.(<init>|sleep)"));

    @ArchTest
    static final ArchRule theModuleKnowsTheApiAndMicrometer = classes()
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage(
                    "java..",
                    "io.sereno",
                    "io.sereno.spi",
                    "io.sereno.micrometer",
                    "io.micrometer..",
                    "org.jspecify.annotations"));

    @ArchTest
    static final ArchRule timeAndThreadsAreGiven = noClasses()
            .should()
            .accessTargetWhere(DescribedPredicate.describe(
                    "is a clock, a timer or a source of threads",
                    access -> CLOCKS_TIMERS_AND_THREADS
                            .matcher(access.getTargetOwner().getName() + "." + access.getName())
                            .matches()));
}
