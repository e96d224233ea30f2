package io.sereno;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.sereno", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule theApiStandsOnTheJdkAlone = classes()
            .should()
            .onlyDependOnClassesThat(
                    resideInAnyPackage("java..", "javax.net.ssl", "io.sereno..", "org.jspecify.annotations"));

    @ArchTest
    static final ArchRule theSpiNeverUsesTheApi = noClasses()
            .that(resideInAPackage("io.sereno.spi.."))
            .should()
            .dependOnClassesThat(resideInAPackage("io.sereno"));

    @ArchTest
    static final ArchRule thePackagesHaveNoCycle =
            slices().matching("io.(**)").should().beFreeOfCycles();
}
