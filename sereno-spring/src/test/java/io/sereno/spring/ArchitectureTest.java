package io.sereno.spring;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.sereno.spring", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule whatNeedsNoBootKnowsTheApiAndSpringOnly = classes()
            .that()
            .resideInAPackage("io.sereno.spring")
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage(
                    "java..",
                    "io.sereno",
                    "io.sereno.spring",
                    "org.aopalliance..",
                    "org.springframework.aop..",
                    "org.springframework.beans.factory..",
                    "org.springframework.context..",
                    "org.springframework.core..",
                    "org.springframework.expression..",
                    "org.springframework.format.datetime.standard",
                    "org.springframework.scheduling.annotation",
                    "org.springframework.transaction..",
                    "org.springframework.util",
                    "org.jspecify.annotations"));

    @ArchTest
    static final ArchRule noModuleKnowsARecipeOrABackend =
            noClasses().should().dependOnClassesThat(resideInAnyPackage("io.sereno.recipes..", "io.sereno.backend.."));

    @ArchTest
    static final ArchRule itHasNoThreadsAndNoTimers = noClasses()
            .should()
            .dependOnClassesThat(resideInAnyPackage(
                    "org.springframework.scheduling.concurrent..", "org.springframework.core.task.."))
            .orShould()
            .dependOnClassesThat()
            .haveNameMatching("java\\.lang\\.Thread\\$?.*Builder.*|java\\.util\\.concurrent\\.(Executors|Timer).*");
}
