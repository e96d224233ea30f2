package io.sereno.backend.postgresql;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.regex.Pattern;

@AnalyzeClasses(packages = "io.sereno.backend.postgresql", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    /** Time and threads are given; a backend over a data source takes those of the SPI. */
    private static final Pattern CLOCKS_TIMERS_AND_THREADS = Pattern.compile(String.join(
            "|",
            "java\\.lang\\.System\\.(nanoTime|currentTimeMillis)",
            "java\\.time\\.(Clock|InstantSource)\\.system\\w*",
            "java\\.time\\.\\w+\\.now",
            "java\\.util\\.(Timer|Date)\\.<init>",
            "java\\.util\\.concurrent\\.(Executors|ThreadPoolExecutor|ScheduledThreadPoolExecutor|ForkJoinPool)\\..*",
            "java\\.util\\.concurrent\\.CompletableFuture\\.(orTimeout|completeOnTimeout|delayedExecutor|\\w+Async)",
            "java\\.lang\\.Thread\\.(<init>|sleep|ofPlatform|ofVirtual|startVirtualThread)",
            "java\\.util\\.concurrent\\.TimeUnit\\.sleep",
            "java\\.util\\.concurrent\\.locks\\.LockSupport\\.park.*"));

    @ArchTest
    static final ArchRule aBackendKnowsTheSpiAndItsClientLibrary = classes()
            .that()
            .doNotHaveSimpleName("Fence") // for transactions of applications
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage(
                    "java..",
                    "javax.sql",
                    "io.sereno.blocking",
                    "io.sereno.spi",
                    "io.sereno.backend.postgresql..",
                    "org.postgresql..",
                    "org.jspecify.annotations",
                    "com.google.auto.service"));

    @ArchTest
    static final ArchRule timeAndThreadsAreGiven =
            noClasses().should().accessTargetWhere(matching(CLOCKS_TIMERS_AND_THREADS));

    @ArchTest
    static final ArchRule onlyWhatOpensABackendIsPublic = classes()
            .that()
            .arePublic()
            .should()
            .haveSimpleName("PostgresBackendProvider")
            .orShould()
            .haveSimpleName("PostgresBackends")
            .orShould()
            .haveSimpleName("Fence")
            .allowEmptyShould(false);

    private static DescribedPredicate<JavaAccess<?>> matching(Pattern code) {
        return DescribedPredicate.describe(
                "is a clock, a timer, a pause or a source of threads",
                access -> code.matcher(access.getTargetOwner().getName() + "." + access.getName())
                        .matches());
    }
}
