package io.sereno.junit;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.sereno.junit", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule theModuleKnowsTheApiTheSimulationAndJupiter = classes()
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage(
                    "java..",
                    "io.sereno",
                    "io.sereno.spi",
                    "io.sereno.backend.memory",
                    "io.sereno.simulation",
                    "io.sereno.junit",
                    "org.junit.jupiter.api.extension",
                    "org.jspecify.annotations"));
}
