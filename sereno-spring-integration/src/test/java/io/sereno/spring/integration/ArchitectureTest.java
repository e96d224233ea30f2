package io.sereno.spring.integration;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.sereno.spring.integration", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule theModuleKnowsTheApiAndSpring = classes()
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage(
                    "java..",
                    "io.sereno",
                    "io.sereno.spring.integration",
                    "org.springframework.beans.factory",
                    "org.springframework.context",
                    "org.springframework.integration.leader..",
                    "org.springframework.integration.support.locks",
                    "org.jspecify.annotations"));

    @ArchTest
    static final ArchRule itHasNoThreadsAndNoTimers = noClasses()
            .should()
            .dependOnClassesThat(
                    resideInAnyPackage("org.springframework.scheduling..", "org.springframework.core.task.."))
            .orShould()
            .dependOnClassesThat()
            .haveNameMatching("java\\.lang\\.Thread\\$?.*Builder.*|java\\.util\\.concurrent\\.(Executors|Timer).*");
}
