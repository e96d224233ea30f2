package io.sereno.junit;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Without ArchUnit's own engine, which is for JUnit 5 alone. */
class ArchitectureTest {
    @Test
    void theModuleKnowsTheApiTheSimulationAndJupiter() {
        classes()
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(
                        "java..",
                        "io.sereno",
                        "io.sereno.spi",
                        "io.sereno.backend.memory",
                        "io.sereno.simulation",
                        "io.sereno.junit",
                        "org.junit.jupiter.api.extension",
                        "org.junit.platform.commons.support",
                        "org.jspecify.annotations"))
                .check(new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("io.sereno.junit"));
    }
}
