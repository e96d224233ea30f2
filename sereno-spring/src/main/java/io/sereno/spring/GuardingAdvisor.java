package io.sereno.spring;

import static java.util.Objects.requireNonNull;

import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.aopalliance.aop.Advice;
import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.Pointcut;
import org.springframework.aop.PointcutAdvisor;
import org.springframework.aop.support.AopUtils;
import org.springframework.aop.support.StaticMethodMatcherPointcut;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.annotation.AnnotationUtils;

/**
 * Guards the methods with an annotation. All methods of a class are checked when its first bean is made, so that what
 * cannot work fails the start.
 *
 * @param <A> the annotation
 * @param <M> what is known of a method
 */
abstract class GuardingAdvisor<A extends Annotation, M> implements PointcutAdvisor, MethodInterceptor, Ordered {
    private final Class<A> annotation;
    private final int order;
    private final Map<Class<?>, Map<Method, M>> methods = new ConcurrentHashMap<>();
    private final Pointcut pointcut = new AnnotatedMethods();

    GuardingAdvisor(Class<A> annotation, int order) {
        this.annotation = annotation;
        this.order = order;
    }

    /** Reads the annotation of a method and checks it. */
    abstract M read(Method method, Class<?> type, A present);

    /** Called in the place of the method. */
    abstract @Nullable Object guard(M method, MethodInvocation invocation) throws Throwable;

    private Map<Method, M> methods(Class<?> type) {
        Map<Method, M> known = methods.get(type);
        if (known == null) {
            known = AnnotationUtils.isCandidateClass(type, annotation)
                    ? MethodIntrospector.selectMethods(
                            type, (MethodIntrospector.MetadataLookup<M>) method -> read(method, type))
                    : Map.of();
            methods.put(type, known);
        }
        return known;
    }

    private @Nullable M read(Method method, Class<?> type) {
        A present = AnnotatedElementUtils.findMergedAnnotation(method, annotation);
        if (present == null) {
            return null;
        }
        int modifiers = method.getModifiers();
        if (Modifier.isPrivate(modifiers) || Modifier.isStatic(modifiers) || Modifier.isFinal(modifiers)) {
            throw new IllegalStateException("@" + annotation.getSimpleName() + " on " + method
                    + ": Spring cannot intercept a private, static or final method; others are accepted");
        }
        return read(method, type, present);
    }

    @Override
    public final @Nullable Object invoke(MethodInvocation invocation) throws Throwable {
        Class<?> type = AopUtils.getTargetClass(requireNonNull(invocation.getThis(), "target"));
        Method method = AopUtils.getMostSpecificMethod(invocation.getMethod(), type);
        M known = methods(type).get(method);
        return known == null ? invocation.proceed() : guard(known, invocation);
    }

    @Override
    public final Pointcut getPointcut() {
        return pointcut;
    }

    @Override
    public final Advice getAdvice() {
        return this;
    }

    @Override
    public final int getOrder() {
        return order;
    }

    private final class AnnotatedMethods extends StaticMethodMatcherPointcut {
        AnnotatedMethods() {
            setClassFilter(type -> !methods(type).isEmpty());
        }

        @Override
        public boolean matches(Method method, Class<?> type) {
            return methods(type).containsKey(AopUtils.getMostSpecificMethod(method, type));
        }
    }
}
